// expect: data race on & into 256 bytes of device memory & read at ~:13 by block ( & write at ~:8 by block (
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ unsigned begun, arrived;
__global__ void sum(float* p) {
  const unsigned number = atomicAdd(&begun, 1u);
  if (number < 4) p[1 + number] = 1;  // nobody is told that this is there
  if (number < 4) return;
  __threadfence();
  if (atomicAdd(&arrived, 1u) != 3) return;
  float total = 0;
  for (unsigned b = 0; b < 4; ++b) total += p[1 + b];
  p[0] = total;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  sum<<<8, 1>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: blocks run in any order and at the same time; only atomics may meet
