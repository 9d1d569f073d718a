// expect: ~:5: __trap()
#include "tests/cuda_on_cpu/require.h"

__global__ void give_up(float* p) {
  if (threadIdx.x == 3) __trap();
  p[threadIdx.x] = 1;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  give_up<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel give_up (launched at ~:13), block (0,0,0), thread (3,0,0); every later CUDA call returns cudaErrorLaunchFailure
