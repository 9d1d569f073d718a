// expect: no __syncthreads or __syncwarp orders them; lanes of a warp do not run in lockstep
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void two_halves(int* out) {
  __shared__ int number;
  const int lane = threadIdx.x;
  if (lane == 0) number = 0;
  __syncthreads();
  const unsigned half = lane < 16 ? 0x0000ffffu : 0xffff0000u;
  const int rounds = lane < 16 ? 66000 : 80000;  // more than 16 bits count; the half that reads comes later
  for (int round = 0; round < rounds; ++round) __syncwarp(half);
  if (lane == 0) number = 7;
  __syncwarp(half);  // orders each half, not the two
  if (lane == 0 || lane == 16) out[lane / 16] = number;
}

int main() {
  int* out;
  OK(cudaMalloc(&out, 2 * sizeof(int)));
  two_halves<<<1, 32>>>(out);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(out));
}
// expect: at ~:15 by block (0,0,0), thread (16,0,0) & at ~:13 by block (0,0,0), thread (0,0,0)
