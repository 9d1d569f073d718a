// A kernel with default arguments, and a template with one.
#include <cstdio>
__global__ void fill(float* p, int n, float value = 2, float step = 0.5f) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] = value + step * i;
}
template <class T> __global__ void scale(T* p, int n, float by = 3) {
  int i = threadIdx.x;
  if (i < n) p[i] *= by;
}
int main() {
  const int n = 8;
  float h[n], g[n], *d;
  cudaMalloc(&d, sizeof h);
  fill<<<1, 32>>>(d, n);
  scale<<<1, 32>>>(d, n);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  fill<<<1, 32>>>(d, n, 1);
  scale<float><<<1, 32>>>(d, n, 2);
  cudaMemcpy(g, d, sizeof g, cudaMemcpyDeviceToHost);
  cudaFree(d);
  for (int i = 0; i < n; ++i)
    if (h[i] != 3 * (2 + 0.5f * i) || g[i] != 2 * (1 + 0.5f * i)) return printf("%d: %g %g\n", i, h[i], g[i]), 1;
}
