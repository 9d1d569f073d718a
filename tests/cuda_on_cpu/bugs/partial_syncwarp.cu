// expect: data race on byte & of shared variable part (128 bytes) & read at ~:10 by block (0,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void swap_halves(float* p) {
  __shared__ float part[32];
  int i = threadIdx.x;
  part[i] = p[i];
  __syncwarp(i < 16 ? 0x0000ffffu : 0xffff0000u);  // orders each half, not the two
  p[i] = part[(i + 16) % 32];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  swap_halves<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: write at ~:8 by block (0,0,0), thread ( & no __syncthreads or __syncwarp orders them; lanes of a warp do not run in lockstep
