// expect: ~:11: host code may not read device memory: a __device__ or __constant__ variable; use
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ int counter;
__global__ void count() { atomicAdd(&counter, 1); }

int main() {
  count<<<1, 32>>>();
  OK(cudaDeviceSynchronize());
  std::printf("%d\n", counter);
}
// expect: ; use cudaMemcpyToSymbol or cudaMemcpyFromSymbol
