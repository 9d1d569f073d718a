// expect: data race on & into 256 bytes & write at ~:5 by block (0,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void mark(float* p) { reinterpret_cast<unsigned char*>(p)[threadIdx.x / 2] = 1; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  mark<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: no __syncthreads or __syncwarp orders them; lanes of a warp do not run in lockstep & in kernel mark (launched at ~:11)
