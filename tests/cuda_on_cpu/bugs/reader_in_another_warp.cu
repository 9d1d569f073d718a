// expect: data race on & shared variable first & no __syncthreads orders them & reader_in_another_warp.cu:11 & thread (32,0,0)
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void take_turns(float* p) {
  __shared__ float first;
  if (threadIdx.x == 0) first = p[0];
  __syncthreads();
  if (threadIdx.x == 0 || threadIdx.x >= 32) p[threadIdx.x] = first;
  __syncwarp();
  if (threadIdx.x == 32) first = 1;  // its own warp has read; thread 0 is in another one, whatever was read in between
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  take_turns<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
