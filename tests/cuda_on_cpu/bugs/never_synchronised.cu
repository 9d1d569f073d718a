// expect: 1 operation never ran & never_synchronised.cu:9
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 7; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
  fill<<<1, 32>>>(p);
  OK(cudaGetLastError());
}
