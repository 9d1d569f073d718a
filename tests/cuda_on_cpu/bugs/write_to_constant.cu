// expect: ~:6: a kernel may not change __constant__ memory: write of 4 bytes:
// build: check
#include "tests/cuda_on_cpu/require.h"

__constant__ float table[4];
__global__ void write(float* p) { p[0] = 1; }

int main() {
  void* p;
  OK(cudaGetSymbolAddress(&p, table));
  write<<<1, 1>>>(static_cast<float*>(p));
  OK(cudaDeviceSynchronize());
}
// expect: write of 4 bytes: byte 0 of a __constant__ variable (16 bytes)
// expect: kernel write (launched at ~:11), block (0,0,0), thread (0,0,0); every later CUDA call returns cudaErrorIllegalAddress
