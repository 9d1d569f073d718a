// expect: lanes disagree on the mask
#include "tests/cuda_on_cpu/require.h"

__global__ void vote(float* p) {
  unsigned mask = threadIdx.x % 2 ? 0xffffffffu : 0x5555ffffu;
  p[threadIdx.x] = __ballot_sync(mask, 1);
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  vote<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
