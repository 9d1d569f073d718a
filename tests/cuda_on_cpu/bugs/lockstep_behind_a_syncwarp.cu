// expect: data race on byte & of shared variable part (128 bytes) & lanes of a warp do not run in lockstep & at ~:12
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void rotate(float* p) {
  __shared__ float part[32];
  int i = threadIdx.x;
  part[i] = p[i];
  __syncwarp();
  float next = part[(i + 1) % 32];
  __syncwarp();
  part[i] = 2 * next;
  p[i] = part[(i + 1) % 32];  // a third __syncwarp() is missing: it orders what is before it, no more
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  rotate<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: read at ~:13 by block (0,0,0), thread ( & write at ~:12 by block (0,0,0), thread (
