// expect: 4 bytes before the begin of 4096 bytes of device memory allocated at ~:8
#include "tests/cuda_on_cpu/require.h"

__global__ void shift_left(float* p) { p[static_cast<int>(threadIdx.x) - 1] = 1; }

int main() {
  float *p, *later;
  OK(cudaMalloc(&p, 4096));
  OK(cudaMalloc(&later, 64 << 20));  // more than the address space behind p has room for: it may lie far before p
  shift_left<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(later));
  OK(cudaFree(p));
}
