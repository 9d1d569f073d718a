// expect: ~:8: cudaStreamSynchronize: no such stream (was it destroyed?) (cudaErrorInvalidResourceHandle)
#include "tests/cuda_on_cpu/require.h"

int main() {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  OK(cudaStreamDestroy(stream));
  OK(cudaStreamSynchronize(stream));
}
