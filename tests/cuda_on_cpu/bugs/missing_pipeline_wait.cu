// expect: ~:12: read before __pipeline_wait_prior has made the asynchronous copy visible: byte & of shared variable tile (128 bytes)
// build: check
#include "tests/cuda_on_cpu/require.h"

#include <cuda_pipeline.h>

__global__ void twice(float* p) {
  __shared__ float tile[32];
  __pipeline_memcpy_async(&tile[threadIdx.x], &p[threadIdx.x], sizeof(float));
  __pipeline_commit();
  // __pipeline_wait_prior(0) is missing
  p[threadIdx.x] = 2 * tile[threadIdx.x];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  twice<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel twice (launched at ~:19), block (0,0,0), thread (
