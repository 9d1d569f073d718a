// expect: may not change __constant__ memory
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
