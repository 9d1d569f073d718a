// expect: ~:6: cudaFree: not a pointer from cudaMalloc: 0x & (memory of the host, or of nobody) (cudaErrorInvalidValue)
#include "tests/cuda_on_cpu/require.h"

int main() {
  void* p = std::malloc(128);
  OK(cudaFree(p));
}
