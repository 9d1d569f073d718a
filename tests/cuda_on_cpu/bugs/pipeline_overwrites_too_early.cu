// expect: data race on byte & of shared variable tile (256 bytes) & write at ~:10 by block (0,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

#include <cuda_pipeline.h>

__global__ void rotate(float* p) {
  __shared__ float tile[64];
  for (int step = 0; step < 2; ++step) {
    __pipeline_memcpy_async(&tile[threadIdx.x], &p[threadIdx.x], sizeof(float));
    __pipeline_commit();
    __pipeline_wait_prior(0);
    __syncthreads();
    p[threadIdx.x] = tile[(threadIdx.x + 33) % 64];  // __syncthreads() is missing before the next copy
  }
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  rotate<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: read at ~:14 by block (0,0,0), thread ( & no __syncthreads orders them & 2 findings
