// expect: data race on 0 bytes into 256 bytes of device memory allocated at ~:12 & atomic at ~:6 by block (0,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void count(float* p) {
  atomicAdd(&p[0], 1.0f);
  p[1 + threadIdx.x] = p[0];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  count<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: read at ~:7 by block (0,0,0), thread ( & no __syncthreads or __syncwarp orders them; lanes of a warp do not run in lockstep
// expect: in kernel count (launched at ~:14)
