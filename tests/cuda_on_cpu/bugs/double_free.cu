// expect: double free & freed at
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
  OK(cudaFree(p));
  OK(cudaFree(p));
}
