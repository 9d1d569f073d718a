// expect: ~:7: void below_five(float*): Assertion `threadIdx.x != 5' failed
#include "tests/cuda_on_cpu/require.h"

#include <cassert>

__global__ void below_five(float* p) {
  assert(threadIdx.x != 5);
  p[threadIdx.x] = 1;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  below_five<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel below_five (launched at ~:15), block (0,0,0), thread (5,0,0); every later CUDA call returns cudaErrorAssert
