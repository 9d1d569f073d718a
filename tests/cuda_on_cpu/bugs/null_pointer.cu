// expect: illegal address: a null pointer | ~:4: write of 4 bytes: a null pointer
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 1; }

int main() {
  fill<<<1, 32>>>(nullptr);
  OK(cudaDeviceSynchronize());
}
// expect: kernel fill (launched at ~:7), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorIllegalAddress
