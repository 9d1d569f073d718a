// expect: data race on & __device__ variable
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ int counter;
__global__ void count(float*) { ++counter; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  count<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
