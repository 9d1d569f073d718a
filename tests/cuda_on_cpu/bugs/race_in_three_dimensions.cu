// expect: data race on 0 bytes into 4 bytes of device memory & write at ~:7 by block (1,0,1), thread (1,2,3) & read at ~:8 by block (0,1,1), thread (0,1,2)
// build: check
#include "tests/cuda_on_cpu/require.h"

__device__ bool is(uint3 a, unsigned x, unsigned y, unsigned z) { return a.x == x && a.y == y && a.z == z; }
__global__ void pass_on(int* p, int* found) {
  if (is(blockIdx, 1, 0, 1) && is(threadIdx, 1, 2, 3)) *p = 1;
  if (is(blockIdx, 0, 1, 1) && is(threadIdx, 0, 1, 2)) *found = *p;
}

int main() {
  int *p, *found;
  OK(cudaMalloc(&p, sizeof *p));
  OK(cudaMalloc(&found, sizeof *found));
  OK(cudaMemset(p, 0, sizeof *p));
  pass_on<<<dim3(2, 2, 2), dim3(2, 3, 4)>>>(p, found);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
  OK(cudaFree(found));
}
