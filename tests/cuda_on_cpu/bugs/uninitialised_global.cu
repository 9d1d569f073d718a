// expect: uninitialised read & uninitialised_global.cu:5
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void twice(float* p) { p[threadIdx.x] *= 2; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  twice<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
