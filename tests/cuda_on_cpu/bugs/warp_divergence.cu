// expect: ~:8: warp divergence: lane | ~:6: warp divergence: lane
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
// expect: lane 16 is at __ballot_sync, lane 0 of | lane 15 is at __ballot_sync, lane 31 of | lane 0 is at __ballot_sync, lane 28 of
// expect: of the same mask waits at __ballot_sync of ~:6 | of the same mask waits at __ballot_sync of ~:8
// expect: kernel diverge (launched at ~:15), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorLaunchFailure
