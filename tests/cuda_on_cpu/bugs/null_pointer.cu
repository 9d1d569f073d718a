// expect: null pointer & kernel fill
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 1; }

int main() {
  fill<<<1, 32>>>(nullptr);
  OK(cudaDeviceSynchronize());
}
