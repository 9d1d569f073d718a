// expect: ~:8: host code may not write device memory: 12 bytes into 128 bytes of device memory allocated at ~:7
// build: check
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
  p[3] = 1;
  OK(cudaFree(p));
}
