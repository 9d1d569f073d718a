// expect: data race on
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
