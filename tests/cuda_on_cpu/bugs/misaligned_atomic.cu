// expect: ~:5: misaligned address: atomic of 4 bytes: 2 bytes into 256 bytes of device memory allocated at ~:9
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void count(char* p) { atomicAdd(reinterpret_cast<int*>(p + 2), 1); }

int main() {
  char* p;
  OK(cudaMalloc(&p, 256));
  OK(cudaMemset(p, 0, 256));
  count<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel count (launched at ~:11), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorMisalignedAddress
