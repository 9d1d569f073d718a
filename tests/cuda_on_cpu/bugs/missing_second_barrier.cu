// expect: data race on & shared variable tile & no __syncthreads orders them
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void rotate(float* p) {
  __shared__ float tile[64];
  for (int step = 0; step < 2; ++step) {
    tile[threadIdx.x] = p[threadIdx.x];
    __syncthreads();
    p[threadIdx.x] = tile[(threadIdx.x + 33) % 64];
    // __syncthreads() is missing: the next step overwrites what slower threads still read
  }
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  rotate<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
