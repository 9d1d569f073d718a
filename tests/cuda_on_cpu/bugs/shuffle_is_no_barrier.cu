// expect: data race on byte & of shared variable part (128 bytes) & read at ~:10 & write at ~:8
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void neighbour(float* p) {
  __shared__ float part[32];
  int i = threadIdx.x;
  part[i] = p[i];
  __shfl_sync(0xffffffffu, 1, 0);  // all lanes have come here, but memory is not ordered
  p[i] = part[(i + 1) % 32];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  neighbour<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: no __syncthreads or __syncwarp orders them; lanes of a warp do not run in lockstep
