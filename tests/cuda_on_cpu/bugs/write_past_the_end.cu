// expect: illegal address: 0 bytes | ~:6: out of bounds: write of 4 bytes: 0 bytes
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) {
  int i = threadIdx.x;
  p[i] = 1;  // i < 64 is missing
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  fill<<<1, 65>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: 0 bytes past the end of 256 bytes of device memory allocated at ~:11
// expect: kernel fill (launched at ~:13), block (0,0,0), thread (64,0,0); every later CUDA call returns cudaErrorIllegalAddress
