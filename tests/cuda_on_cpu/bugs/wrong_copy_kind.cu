// expect: ~:8: cudaMemcpy: the destination is device memory, but the kind of copy says host (cudaErrorInvalidValue)
#include "tests/cuda_on_cpu/require.h"

int main() {
  float host[32] = {};
  float* p;
  OK(cudaMalloc(&p, sizeof host));
  OK(cudaMemcpy(p, host, sizeof host, cudaMemcpyDeviceToHost));
}
