// expect: ~:9: __pipeline_memcpy_async of 12 bytes: 4, 8 or 16 are possible
#include "tests/cuda_on_cpu/require.h"

#include <cuda_pipeline.h>

__global__ void load(float* p) {
  __shared__ __align__(16) float tile[32];
  if (threadIdx.x == 0)
    __pipeline_memcpy_async(&tile[0], &p[0], 12);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  p[0] = tile[0];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  load<<<1, 1>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel load (launched at ~:19), block (0,0,0), thread (0,0,0); every later CUDA call returns cudaErrorLaunchFailure
