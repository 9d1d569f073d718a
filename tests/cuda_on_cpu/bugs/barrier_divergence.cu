// expect: barrier divergence & barrier_divergence.cu:6 & barrier_divergence.cu:9
#include "tests/cuda_on_cpu/require.h"

__global__ void diverge(float* p) {
  if (threadIdx.x < 32) {
    __syncthreads();
    p[threadIdx.x] = 1;
  } else {
    __syncthreads();
    p[threadIdx.x] = 2;
  }
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  diverge<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
