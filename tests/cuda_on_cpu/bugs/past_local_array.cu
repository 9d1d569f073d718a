// expect: ~:6: out of bounds: index 4 of an array
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ float last(const float (&values)[4], int n) {
  return values[n];
}
__global__ void keep(float* p, int n) {
  float values[4];
  for (int i = 0; i < 4; ++i) values[i] = p[i];
  p[8] = last(values, n);
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  keep<<<1, 1>>>(p, 4);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel keep (launched at ~:18), block (0,0,0), thread (0,0,0); every later CUDA call returns cudaErrorIllegalAddress
