// expect: data race on & into 256 bytes of device memory & read at ~:15 by block ( & write at ~:10 by block (
// build: check
#include "tests/cuda_on_cpu/require.h"

// The first thread of each block learns from the counter what other blocks have written. The second one reads that, too, but no
// barrier says that it has waited for the first.
__device__ unsigned arrived;
__global__ void sum(float* p) {
  if (threadIdx.x == 0) {
    p[1 + blockIdx.x] = 1;
    __threadfence();
    atomicAdd(&arrived, 1u);
  } else {
    float total = 0;
    for (unsigned b = 0; b < blockIdx.x; ++b) total += p[1 + b];
    p[32 + blockIdx.x] = total;
  }
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  sum<<<8, 2>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
