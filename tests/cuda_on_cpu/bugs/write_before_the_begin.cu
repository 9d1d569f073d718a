// expect: 4 bytes before the begin of 4096 bytes
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
