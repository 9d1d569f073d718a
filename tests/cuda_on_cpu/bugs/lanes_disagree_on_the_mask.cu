// expect: ~:6: lanes disagree on the mask: lane
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
// expect: lane 1 names 0xffffffff, lane 0 waits | lane 14 names 0x5555ffff, lane 31 waits | lane 11 names 0xffffffff, lane 28 waits
// expect: waits at ~:6 with 0x5555ffff | waits at ~:6 with 0xffffffff & kernel vote (launched at ~:13), block (0,0,0), thread (
// expect: ; every later CUDA call returns cudaErrorLaunchFailure
