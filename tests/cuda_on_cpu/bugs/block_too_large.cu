// expect: ~:10: kernel fill: a block of (2048,1,1) threads is not allowed (1 to 1024 threads, z up to 64) (cudaErrorInvalidConfiguration)
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 1; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  fill<<<1, 2048>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
