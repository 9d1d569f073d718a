// extern "C" kernels, launches from macros, in a loop's body without braces, and through a pointer to a kernel.
#include <cstdio>
#define CEIL_DIV(a, b) (((a) + (b)-1) / (b))
#define RUN(kernel, n, ...) kernel<<<CEIL_DIV(n, 32), 32>>>(__VA_ARGS__, n)
extern "C" {
__global__ void add_one(int* p, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] += 1;
}
}
extern "C" __global__ void __launch_bounds__(64) times_two(int* p, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] *= 2;
}
int main() {
  const int n = 70;
  int h[n], *d;
  cudaMalloc(&d, sizeof h);
  cudaMemset(d, 0, sizeof h);
  for (int i = 0; i < 3; ++i) RUN(add_one, n, d);
  if (n > 1)
    for (int i = 0; i < 2; ++i) times_two<<<2, 64>>>(d, n);
  else
    add_one<<<1, 1>>>(d, n);
  void (*kernels[])(int*, int) = {add_one, times_two};
  for (auto kernel : kernels) kernel<<<CEIL_DIV(n, 16), 16, 0, nullptr>>>(d, n);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d);
  for (int x : h)
    if (x != 26) return printf("%d\n", x), 1;
}
