// expect: integer division by zero (a GPU returns an unspecified number)
#include "tests/cuda_on_cpu/require.h"

__global__ void divide(float* p, int by) { p[0] = static_cast<float>(static_cast<int>(threadIdx.x + 7) / by); }

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  divide<<<1, 1>>>(p, 0);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: kernel divide (launched at ~:10), block (0,0,0), thread (0,0,0); every later CUDA call returns cudaErrorIllegalAddress
