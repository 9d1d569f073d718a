// expect: past the end of shared variable tile & past_shared_through_pointer.cu:8
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
