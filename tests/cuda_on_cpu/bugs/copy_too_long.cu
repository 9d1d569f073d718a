// expect: ~:8: cudaMemcpy: 256 bytes do not fit into the destination, which is 0 bytes into 128 bytes of
#include "tests/cuda_on_cpu/require.h"

int main() {
  float host[64] = {};
  float* p;
  OK(cudaMalloc(&p, 128));
  OK(cudaMemcpy(p, host, sizeof host, cudaMemcpyHostToDevice));
}
// expect: which is 0 bytes into 128 bytes of device memory allocated at ~:7 (cudaErrorInvalidValue)
