// expect: something wrote just outside of 40 bytes | ~:4: out of bounds: write of 4 bytes:
#include "tests/cuda_on_cpu/require.h"

__global__ void shift_left(float* p) { p[static_cast<int>(threadIdx.x) - 1] = 1; }  // inside the first page

int main() {
  float* p;
  OK(cudaMalloc(&p, 10 * sizeof(float)));
  OK(cudaMemset(p, 0, 10 * sizeof(float)));
  shift_left<<<1, 10>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: just outside of 40 bytes allocated at ~:8; the check build shows where | : 4 bytes before the begin of 40 bytes of device memory
