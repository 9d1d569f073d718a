// expect: deadlock: 16 threads wait at __syncthreads (~:9), thread (
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
// expect: thread (16,0,0) first; warp 0 | thread (31,0,0) first; warp 0 | thread (28,0,0) first; warp 0
// expect: warp 0 waits at __shfl_sync of ~:7 for lanes 0xffff0000 of mask 0xffffffff
// expect: kernel wait_for_ever (launched at ~:17), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorLaunchFailure
