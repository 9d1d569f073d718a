// expect: something wrote just outside of 40 bytes | ~:4: out of bounds: write of 4 bytes:
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
// expect: just outside of 40 bytes allocated at ~:8; the check build shows where | : 0 bytes past the end of 40 bytes of device memory
