// expect: ~:7: out of bounds: index 32 of an array
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) {
  __shared__ float tile[32];
  tile[threadIdx.x + 1] = p[threadIdx.x];
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
// expect: kernel fill (launched at ~:16), block (0,0,0), thread (31,0,0); every later CUDA call returns cudaErrorIllegalAddress
