// expect: ~:8: out of bounds: write of 4 bytes: 0 bytes past the end of shared variable tile (128 bytes)
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) {
  __shared__ float tile[32];
  float* next = tile + 1;
  next[threadIdx.x] = p[threadIdx.x];
  __syncthreads();
  p[threadIdx.x] = tile[threadIdx.x];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  fill<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel fill (launched at ~:17), block (0,0,0), thread (31,0,0); every later CUDA call returns cudaErrorIllegalAddress
