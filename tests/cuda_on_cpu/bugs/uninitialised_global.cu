// expect: ~:5: uninitialised read: & bytes into 256 bytes of device memory allocated at ~:9
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
// expect: kernel twice (launched at ~:10), block (0,0,0), thread (
