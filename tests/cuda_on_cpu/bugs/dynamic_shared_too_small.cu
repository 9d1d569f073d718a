// expect: illegal address: | out of bounds: write of 4 bytes:
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = p[threadIdx.x];
  __syncthreads();
  p[threadIdx.x] = tile[63 - threadIdx.x];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  fill<<<1, 64, 32 * sizeof(float)>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: : 0 bytes past the end | : 124 bytes past the end | : 96 bytes past the end & past the end of dynamic shared memory (128 bytes)
// expect: kernel fill (launched at ~:15), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorIllegalAddress
