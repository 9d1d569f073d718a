// expect: host code may not write device memory
// build: check
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
  p[3] = 1;
  OK(cudaFree(p));
}
