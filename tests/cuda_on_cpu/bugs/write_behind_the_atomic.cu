// expect: data race on & into 256 bytes of device memory & read at ~:14 by block ( & write at ~:11 by block (
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ unsigned arrived;
__global__ void sum(float* p) {
  __threadfence();
  const bool last = atomicAdd(&arrived, 1u) == gridDim.x - 1;
  __syncthreads();
  if (!last) {
    p[1 + blockIdx.x] = 1;  // this block has told the others already that it has written
  } else {
    float total = 0;
    for (unsigned b = 0; b < gridDim.x; ++b) total += p[1 + b];
    p[0] = total;
  }
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  sum<<<8, 1>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: blocks run in any order and at the same time; only atomics may meet
