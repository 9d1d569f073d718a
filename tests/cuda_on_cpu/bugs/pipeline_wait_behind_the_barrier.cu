// expect: data race on byte & of shared variable tile (128 bytes) & write at ~:9 by block (0,0,0), thread ( & read at ~:13 by block (0,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

#include <cuda_pipeline.h>

__global__ void reverse(float* p) {
  __shared__ float tile[32];
  __pipeline_memcpy_async(&tile[threadIdx.x], &p[threadIdx.x], sizeof(float));
  __pipeline_commit();
  __syncthreads();  // too early: the copies of the other threads have begun, and may still be under way
  __pipeline_wait_prior(0);
  p[32 + threadIdx.x] = threadIdx.x < 31 ? tile[threadIdx.x + 1] : 0;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  reverse<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: no __syncthreads or __syncwarp orders them
