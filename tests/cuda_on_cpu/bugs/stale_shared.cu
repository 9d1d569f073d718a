// expect: ~:10: uninitialised read: byte & of dynamic shared memory (128 bytes) & kernel keep (launched at ~:18), block (1,0,0), thread (
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void keep(float* p) {  // what the block before left in shared memory is gone
  extern __shared__ float kept[];
  __shared__ float also[32];
  if (blockIdx.x == 0) kept[threadIdx.x] = also[threadIdx.x] = p[threadIdx.x];
  __syncthreads();
  p[threadIdx.x + 32 * blockIdx.x] = kept[threadIdx.x];
  if (blockIdx.x == 1) p[threadIdx.x + 32] += also[threadIdx.x];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  keep<<<2, 32, 32 * sizeof(float)>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: ~:11: uninitialised read: byte & of shared variable also (128 bytes)
