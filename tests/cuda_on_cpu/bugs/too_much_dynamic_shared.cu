// expect: ~:13: kernel fill: 65536 bytes of dynamic shared memory, but the limit is 49152; cudaFuncSetAttribute
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = p[threadIdx.x];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  fill<<<1, 32, 64 * 1024>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: ; cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes) raises it to at most 166912
// expect: 166912 (cudaErrorInvalidValue)
