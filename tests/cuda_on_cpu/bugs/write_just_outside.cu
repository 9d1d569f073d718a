// expect: outside of 40 bytes | 0 bytes past the end of 40 bytes
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 1; }  // eleven threads, ten elements: inside the last page

int main() {
  float* p;
  OK(cudaMalloc(&p, 10 * sizeof(float)));
  OK(cudaMemset(p, 0, 10 * sizeof(float)));
  fill<<<1, 11>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
