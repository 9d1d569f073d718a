// expect: not a pointer from cudaMalloc
#include "tests/cuda_on_cpu/require.h"

int main() {
  void* p = std::malloc(128);
  OK(cudaFree(p));
}
