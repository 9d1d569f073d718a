// expect: data race on 128 bytes into 256 bytes & write at ~:9 by block (1,0,0), thread (0,0,0)
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void smooth(float* p) {  // in place: the neighbour block may have changed its element already
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = i + 1 < 64 ? p[i] + p[i + 1] : p[i];
  __syncthreads();
  p[i] = sum / 2;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  smooth<<<2, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: read at ~:7 by block (0,0,0), thread (31,0,0) & blocks run in any order and at the same time; only atomics may meet
// expect: in kernel smooth (launched at ~:16)
