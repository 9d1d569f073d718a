// expect: ~:5: misaligned address 0x & : this type needs a multiple of 16
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void load(float* p) { p[8] = reinterpret_cast<float4*>(p + 1)->x; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  load<<<1, 1>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel load (launched at ~:11), block (0,0,0), thread (0,0,0); every later CUDA call returns cudaErrorMisalignedAddress
