// expect: data race on & into 256 bytes of device memory & read at ~:13 by block ( & write at ~:7 by block (
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ unsigned arrived;
__global__ void sum(float* p) {
  if (threadIdx.x == 33) p[1 + blockIdx.x] = 1;
  // __syncthreads() is missing: the thread that tells does not know of it
  if (threadIdx.x != 0) return;
  __threadfence();
  if (atomicAdd(&arrived, 1u) != gridDim.x - 1) return;
  float total = 0;
  for (unsigned b = 0; b < gridDim.x; ++b) if (b != blockIdx.x) total += p[1 + b];
  p[0] = total;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  sum<<<8, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: blocks run in any order and at the same time; only atomics may meet
