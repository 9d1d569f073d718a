// expect: warp divergence & __ballot_sync
#include "tests/cuda_on_cpu/require.h"

__global__ void diverge(float* p) {
  if (threadIdx.x < 16)
    p[threadIdx.x] = __ballot_sync(0xffffffffu, 1);
  else
    p[threadIdx.x] = __ballot_sync(0xffffffffu, 0);
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  diverge<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
