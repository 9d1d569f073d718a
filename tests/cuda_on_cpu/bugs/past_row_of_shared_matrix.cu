// expect: ~:9: out of bounds: index 16 of an array
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void shift(float* p) {
  __shared__ float tile[2][16];
  for (int row = 0; row < 2; ++row) tile[row][threadIdx.x] = p[threadIdx.x];
  __syncthreads();
  p[threadIdx.x] = tile[0][threadIdx.x + 1];  // the next row's first element
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  shift<<<1, 16>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel shift (launched at ~:16), block (0,0,0), thread (15,0,0); every later CUDA call returns cudaErrorIllegalAddress
