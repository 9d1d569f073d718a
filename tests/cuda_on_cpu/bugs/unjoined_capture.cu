// expect: ~:17: cudaStreamEndCapture: another stream joined the capture and its work was not waited for (cudaErrorStreamCaptureUnjoined)
#include "tests/cuda_on_cpu/require.h"

__global__ void nothing() {}

int main() {
  cudaStream_t stream, other;
  cudaEvent_t fork;
  cudaGraph_t graph;
  OK(cudaStreamCreate(&stream));
  OK(cudaStreamCreate(&other));
  OK(cudaEventCreate(&fork));
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  OK(cudaEventRecord(fork, stream));
  OK(cudaStreamWaitEvent(other, fork));
  nothing<<<1, 1, 0, other>>>();
  OK(cudaStreamEndCapture(stream, &graph));  // nobody waits for `other`
}
