// expect: ~:9: host code may not read device memory: 12 bytes into 128 bytes of device memory allocated at ~:7
// build: check
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
  OK(cudaMemset(p, 0, 128));
  std::printf("%g\n", p[3]);
  OK(cudaFree(p));
}
