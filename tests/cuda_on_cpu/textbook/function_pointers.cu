// Pointers to device functions in __device__ variables, with and without a name for their type.
#include <cstdio>
#include "device_launch_parameters.h"
typedef float (*Function)(float);
__device__ float square(float x) { return x * x; }
__device__ float half_of(float x) { return x / 2; }
__device__ float (*chosen)(float) = square;
__device__ Function other = half_of;
__device__ Function table[2] = {square, half_of};
__global__ void apply(Function f, float* p) { p[threadIdx.x] = f(p[threadIdx.x]); }
__global__ void by_table(int which, float* p) { p[threadIdx.x] = table[which](p[threadIdx.x]) + chosen(2); }
int main() {
  const int n = 32;
  float h[n], *d;
  for (int i = 0; i < n; ++i) h[i] = i;
  cudaMalloc(&d, sizeof h);
  cudaMemcpy(d, h, sizeof h, cudaMemcpyHostToDevice);
  Function f, g;
  cudaMemcpyFromSymbol(&f, chosen, sizeof f);
  cudaMemcpyFromSymbol(&g, other, sizeof g);
  apply<<<1, n>>>(f, d);
  apply<<<1, n>>>(g, d);
  by_table<<<1, n>>>(1, d);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d);
  for (int i = 0; i < n; ++i)
    if (h[i] != i * i / 4.0f + 4) return printf("%d: %g\n", i, h[i]), 1;
}
