// expect: out of bounds: index 32 of an array & past_static_shared.cu:7
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
