// expect: data race on & shared variable tile & no __syncthreads orders them & missing_syncthreads.cu:7 & missing_syncthreads.cu:9
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void reverse(float* p) {
  __shared__ float tile[64];
  tile[threadIdx.x] = p[threadIdx.x];
  // __syncthreads() is missing
  p[threadIdx.x] = tile[63 - threadIdx.x];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  reverse<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
