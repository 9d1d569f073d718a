// expect: data race on 0 bytes into 256 bytes & read at ~:5 by block (0,0,0), thread ( & write at ~:5 by block (0,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void count(float* p) { *p += 1; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  count<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: no __syncthreads or __syncwarp orders them; lanes of a warp do not run in lockstep & in kernel count (launched at ~:11)
// expect: 2 findings; exit status 66
