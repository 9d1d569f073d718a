// expect: do not fit into the destination & 256 bytes
#include "tests/cuda_on_cpu/require.h"

int main() {
  float host[64] = {};
  float* p;
  OK(cudaMalloc(&p, 128));
  OK(cudaMemcpy(p, host, sizeof host, cudaMemcpyHostToDevice));
}
