// expect: illegal address: 4 bytes | ~:4: out of bounds: write of 4 bytes: 4 bytes
#include "tests/cuda_on_cpu/require.h"

__global__ void shift_left(float* p) { p[static_cast<int>(threadIdx.x) - 1] = 1; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 4096));
  OK(cudaMemset(p, 0, 4096));
  shift_left<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: 4 bytes before the begin of 4096 bytes of device memory allocated at ~:8
// expect: kernel shift_left (launched at ~:10), block (0,0,0), thread (0,0,0); every later CUDA call returns cudaErrorIllegalAddress
