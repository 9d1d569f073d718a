// expect: data race on byte & of shared variable tile (256 bytes) & write at ~:12 by block (0,0,0), thread ( & read at ~:11 by block (0,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

#include <cuda_pipeline.h>

__global__ void reverse_twice(float* p) {
  __shared__ float tile[64];
  tile[threadIdx.x] = p[threadIdx.x];
  __syncthreads();
  const float x = tile[63 - threadIdx.x];  // __syncthreads() is missing: the copy may begin at once
  __pipeline_memcpy_async(&tile[threadIdx.x], &p[threadIdx.x], sizeof(float));
  __pipeline_commit();
  __syncthreads();
  __pipeline_wait_prior(0);
  __syncthreads();
  p[threadIdx.x] = x + tile[63 - threadIdx.x];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  reverse_twice<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: no __syncthreads orders them & in kernel reverse_twice
