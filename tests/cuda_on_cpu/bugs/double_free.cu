// expect: ~:9: cudaFree: double free: 0 bytes into 128 bytes of device memory allocated at ~:7 and freed at ~:8
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  std::fprintf(std::fopen("/dev/stdout", "w"), "not flushed yet\n");  // as in a file of results, which is not lost with the status
  OK(cudaMalloc(&p, 128));
  OK(cudaFree(p));
  OK(cudaFree(p));
}
// expect: cudaFree: the memory is free already (cudaErrorInvalidValue) & not flushed yet
