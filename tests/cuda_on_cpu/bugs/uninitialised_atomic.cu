// expect: ~:5: uninitialised read: 0 bytes into 4 bytes of device memory allocated at ~:9
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
// expect: kernel count (launched at ~:10), block (0,0,0), thread (
