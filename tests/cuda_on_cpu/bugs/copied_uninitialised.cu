// expect: ~:5: uninitialised read: & bytes into 256 bytes of device memory allocated at ~:10
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void twice(float* p) { p[threadIdx.x] *= 2; }

int main() {
  float *p, *q;
  OK(cudaMalloc(&q, 64 * sizeof(float)));
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(q, 0, 63 * sizeof(float)));  // one number is missing, and its copy has no value either
  OK(cudaMemcpy(p, q, 64 * sizeof(float), cudaMemcpyDeviceToDevice));
  twice<<<1, 64>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
  OK(cudaFree(q));
}
// expect: uninitialised read: 252 bytes into & kernel twice (launched at ~:13), block (0,0,0), thread (63,0,0 & 1 finding; exit status 66
