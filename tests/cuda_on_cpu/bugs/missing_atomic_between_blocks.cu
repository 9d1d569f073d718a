// expect: data race on 0 bytes into 256 bytes & by block (1,0,0), thread (0,0,0) & by block (0,0,0), thread (0,0,0)
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void count(float* p) { *p += 1; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  count<<<2, 1>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: blocks run in any order and at the same time; only atomics may meet & in kernel count (launched at ~:11)
