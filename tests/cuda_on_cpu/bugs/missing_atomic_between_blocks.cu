// expect: data race on & blocks run in any order
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
