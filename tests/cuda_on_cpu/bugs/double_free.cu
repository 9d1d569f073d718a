// expect: double free & freed at & not flushed yet
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  std::fprintf(std::fopen("/dev/stdout", "w"), "not flushed yet\n");  // as in a file of results, which is not lost with the status
  OK(cudaMalloc(&p, 128));
  OK(cudaFree(p));
  OK(cudaFree(p));
}
