// expect: host code may not read device memory & cudaMemcpyFromSymbol
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ int counter;
__global__ void count() { atomicAdd(&counter, 1); }

int main() {
  count<<<1, 32>>>();
  OK(cudaDeviceSynchronize());
  std::printf("%d\n", counter);
}
