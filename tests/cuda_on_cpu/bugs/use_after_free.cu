// expect: ~:10: kernel fill: argument 1 is a pointer to freed device memory: 0 bytes into 128 bytes
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 1; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
  OK(cudaFree(p));
  fill<<<1, 32>>>(p);
  OK(cudaDeviceSynchronize());
}
// expect: memory: 0 bytes into 128 bytes of device memory allocated at ~:8 and freed at ~:9
