// expect: the kind of copy says
#include "tests/cuda_on_cpu/require.h"

int main() {
  float host[32] = {};
  float* p;
  OK(cudaMalloc(&p, sizeof host));
  OK(cudaMemcpy(p, host, sizeof host, cudaMemcpyDeviceToHost));
}
