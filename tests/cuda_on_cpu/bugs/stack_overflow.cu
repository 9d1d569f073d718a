// expect: stack overflow: a thread has 64 KiB for its local variables
#include "tests/cuda_on_cpu/require.h"

__device__ int depth(volatile int* counts, int n) {
  volatile int local[64];
  local[n % 64] = n;
  return n == 0 ? counts[0] : local[n % 64] + depth(local, n - 1);
}
__global__ void recurse(float* p, int n) {
  int start[1] = {0};
  p[0] = static_cast<float>(depth(start, n));
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  recurse<<<1, 1>>>(p, 100000);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel recurse (launched at ~:18), block (0,0,0), thread (0,0,0); every later CUDA call returns cudaErrorIllegalAddress
