// expect: ~:7: kernel nothing: a grid of (0,1,1) blocks is not allowed (cudaErrorInvalidConfiguration)
#include "tests/cuda_on_cpu/require.h"

__global__ void nothing() {}

int main() {
  nothing<<<0, 32>>>();
  OK(cudaDeviceSynchronize());  // a launch error is not among its results
}
// expect: nobody read this error: test cudaGetLastError() after every launch
