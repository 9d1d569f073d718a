// expect: ~:4: lane 16 is | ~:4: lane 31 is | ~:4: lane 28 is & is not in its own mask 0xffff
#include "tests/cuda_on_cpu/require.h"

__global__ void vote(float* p) { p[threadIdx.x] = __ballot_sync(0xffffu, 1); }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  vote<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel vote (launched at ~:10), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorLaunchFailure
