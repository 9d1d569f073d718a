// expect: ~:6: out of bounds: write of 4 bytes: 4 bytes before the begin of dynamic shared memory (128 bytes)
// build: check
#include "tests/cuda_on_cpu/require.h"
__global__ void shift_left(float* p) {
  extern __shared__ float tile[];
  tile[static_cast<int>(threadIdx.x) - 1] = p[threadIdx.x];
  __syncthreads();
  p[threadIdx.x] = tile[threadIdx.x];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  shift_left<<<1, 32, 32 * sizeof(float)>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel shift_left (launched at ~:15), block (0,0,0), thread (0,0,0); every later CUDA call returns cudaErrorIllegalAddress
