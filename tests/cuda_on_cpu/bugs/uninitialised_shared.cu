// expect: ~:10: uninitialised read: byte 252 of shared variable part (256 bytes)
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void sum(float* p) {
  __shared__ float part[64];
  if (threadIdx.x < 63) part[threadIdx.x] = p[threadIdx.x];
  __syncthreads();
  if (threadIdx.x > 0) return;
  for (int i = 0; i < 64; ++i) p[0] += part[i];  // nobody wrote part[63]
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  sum<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel sum (launched at ~:17), block (0,0,0), thread (0,0,0
