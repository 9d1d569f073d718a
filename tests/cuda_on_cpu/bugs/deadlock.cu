// expect: deadlock & __syncthreads & __shfl_sync
#include "tests/cuda_on_cpu/require.h"

__global__ void wait_for_ever(float* p) {
  float value = 1;
  if (threadIdx.x < 16)
    value = __shfl_sync(0xffffffffu, value, 0);  // the mask names lanes that wait elsewhere
  else
    __syncthreads();
  p[threadIdx.x] = value;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  wait_for_ever<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
