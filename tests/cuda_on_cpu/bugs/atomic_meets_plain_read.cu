// expect: data race on & atomic
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
