// expect: past the end of 256 bytes & kernel fill & write_past_the_end.cu:13 & thread (64,0,0)
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) {
  int i = threadIdx.x;
  p[i] = 1;  // i < 64 is missing
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  fill<<<1, 65>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
