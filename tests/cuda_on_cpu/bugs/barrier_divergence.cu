// expect: ~:9: barrier divergence: this thread | ~:6: barrier divergence: this thread
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
// expect: is at the __syncthreads of ~:9, thread (0,0,0) waits at that of ~:6 | is at the __syncthreads of ~:6, thread (
// expect: , thread (63,0,0) waits at that of ~:9 | , thread (56,0,0) waits at that of ~:9 | , thread (0,0,0) waits at that of ~:6
// expect: kernel diverge (launched at ~:18), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorLaunchFailure
