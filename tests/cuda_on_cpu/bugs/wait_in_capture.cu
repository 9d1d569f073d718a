// expect: ~:9: cudaStreamSynchronize: not allowed while a stream captures; the capture is invalid now (cudaErrorStreamCaptureUnsupported)
#include "tests/cuda_on_cpu/require.h"

int main() {
  cudaStream_t stream;
  cudaGraph_t graph;
  OK(cudaStreamCreate(&stream));
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  (void)cudaStreamSynchronize(stream);
  OK(cudaStreamEndCapture(stream, &graph));
}
// expect: ~:10: cudaStreamEndCapture: an earlier call made the capture invalid (cudaErrorStreamCaptureInvalidated)
