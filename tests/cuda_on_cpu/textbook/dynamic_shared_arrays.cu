// Several arrays in one piece of dynamic shared memory.
#include <cstdio>
__global__ void k(double* out, int n) {
  extern __shared__ __align__(16) unsigned char memory[];
  double* d = (double*)memory;
  float* f = (float*)&d[n];
  int* i = (int*)&f[n];
  char* c = reinterpret_cast<char*>(i + n);
  int t = threadIdx.x;
  d[t] = t * 0.5, f[t] = t, i[t] = 2 * t, c[t] = t % 100;
  __syncthreads();
  int o = n - 1 - t;
  out[t] = d[o] + f[o] + i[o] + c[o];
}
int main() {
  const int n = 64;
  double h[n], *d;
  cudaMalloc(&d, sizeof h);
  k<<<1, n, n * (sizeof(double) + sizeof(float) + sizeof(int) + sizeof(char))>>>(d, n);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d);
  for (int t = 0; t < n; ++t)
    if (int o = n - 1 - t; h[t] != o * 0.5 + o + 2 * o + o) return printf("%d: %g\n", t, h[t]), 1;
}
