// expect: data race on byte & of shared variable rows & write at ~:9 by block (0,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

#include <cstring>

__global__ void clear(float* p, size_t bytes) {
  __shared__ float rows[32][33];
  memset(rows[threadIdx.x], 0, bytes);  // a number more than a row has: the first of the next one
  rows[threadIdx.x][0] = p[threadIdx.x];
  __syncthreads();
  p[threadIdx.x] = rows[threadIdx.x][0];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  clear<<<1, 31>>>(p, 34 * sizeof(float));
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
