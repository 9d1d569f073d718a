// expect: ~:8: shuffle: lane 4 reads from lane 20, which has returned from the kernel
#include "tests/cuda_on_cpu/require.h"

__global__ void sum(float* p, int n) {
  int i = threadIdx.x;
  if (i >= n) return;
  float value = p[i];
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_down_sync(0xffffffffu, value, offset);
  if (i == 0) p[0] = value;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  sum<<<1, 32>>>(p, 20);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel sum (launched at ~:16), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorLaunchFailure
