// expect: a grid of (0,1,1) blocks is not allowed & nobody read this error
#include "tests/cuda_on_cpu/require.h"

__global__ void nothing() {}

int main() {
  nothing<<<0, 32>>>();
  OK(cudaDeviceSynchronize());  // a launch error is not among its results
}
