// What files say to other compilers and to editors: nvcc does not read it.
#ifndef __CUDACC__
struct dim3 { int x; };
#define __global__ static
inline void __syncthreads() {}
#endif
#ifdef __CUDACC__
#define BOTH __host__ __device__
#else
#define BOTH
#endif
#define ON_DEVICE __device__
#include "cuda_runtime.h"
#include "device_launch_parameters.h"
#include <stdio.h>
BOTH int twice(int x) { return 2 * x; }
ON_DEVICE int counter = 3;
ON_DEVICE int more(int x) { return x + counter; }
__global__ void k(int* p) { p[threadIdx.x] = more(twice(threadIdx.x)); }
int main() {
  int h[32], *d, four = 4;
  cudaMemcpyToSymbol(counter, &four, sizeof four);
  cudaMalloc((void**)&d, sizeof h);
  k<<<1, 32>>>(d);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d);
  for (int i = 0; i < 32; ++i)
    if (h[i] != twice(i) + 4) return printf("%d: %d\n", i, h[i]), 1;
  return 0;
}
