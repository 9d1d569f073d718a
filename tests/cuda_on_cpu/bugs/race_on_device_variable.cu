// expect: data race on byte 0 of a __device__ variable (4 bytes) & read at ~:6 & write at ~:6
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ int counter;
__global__ void count(float*) { ++counter; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  count<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: no __syncthreads or __syncwarp orders them; lanes of a warp do not run in lockstep & in kernel count (launched at ~:12)
