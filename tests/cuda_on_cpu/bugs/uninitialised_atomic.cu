// expect: uninitialised read & uninitialised_atomic.cu:5
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void count(int* sum) { atomicAdd(sum, 1); }

int main() {
  int* sum;
  OK(cudaMalloc(&sum, sizeof(int)));  // and no cudaMemset
  count<<<1, 64>>>(sum);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(sum));
}
