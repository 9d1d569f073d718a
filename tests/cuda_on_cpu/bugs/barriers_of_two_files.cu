// expect: barrier divergence: this thread is at the __syncthreads of
#include "tests/cuda_on_cpu/require.h"

#include "tests/cuda_on_cpu/barrier.h"

__global__ void diverge() {
  if (threadIdx.x >= 32) meet();
  else __syncthreads();
}

int main() {
  diverge<<<1, 64>>>();
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
}
// expect: ~:8 | waits at that of ~:8
// expect: tests/cuda_on_cpu/barrier.h:8
