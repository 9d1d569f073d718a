// expect: cudaStreamSynchronize: not allowed while a stream captures & made the capture invalid
#include "tests/cuda_on_cpu/require.h"

int main() {
  cudaStream_t stream;
  cudaGraph_t graph;
  OK(cudaStreamCreate(&stream));
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  (void)cudaStreamSynchronize(stream);
  OK(cudaStreamEndCapture(stream, &graph));
}
