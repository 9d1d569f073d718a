// A captured graph of two streams with host copies, launched three times; and a second and a third capture.
#include "tests/cuda_on_cpu/require.h"

__global__ void increment(int* p) { ++p[threadIdx.x]; }
__global__ void twice(int* to, const int* from) { to[threadIdx.x] = 2 * from[threadIdx.x]; }

int main() {
  int *a, *b, *in, *out;
  cudaStream_t stream, side;
  cudaEvent_t fork, join;
  cudaGraph_t graph;
  cudaGraphExec_t program;
  OK(cudaStreamCreate(&stream));
  OK(cudaStreamCreate(&side));
  OK(cudaEventCreate(&fork));
  OK(cudaEventCreate(&join));
  OK(cudaMalloc(&a, 128));
  OK(cudaMalloc(&b, 128));
  OK(cudaMallocHost(&in, 128));
  OK(cudaMallocHost(&out, 256));

  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  OK(cudaMemcpyAsync(a, in, 128, cudaMemcpyHostToDevice, stream));
  increment<<<1, 32, 0, stream>>>(a);
  OK(cudaEventRecord(fork, stream));
  OK(cudaStreamWaitEvent(side, fork, 0));
  twice<<<1, 32, 0, side>>>(b, a);
  OK(cudaMemcpyAsync(out + 32, b, 128, cudaMemcpyDeviceToHost, side));
  OK(cudaEventRecord(join, side));
  OK(cudaMemcpyAsync(out, a, 128, cudaMemcpyDeviceToHost, stream));
  OK(cudaStreamWaitEvent(stream, join, 0));
  OK(cudaStreamEndCapture(stream, &graph));
  OK(cudaGraphInstantiate(&program, graph, 0));
  OK(cudaGraphDestroy(graph));

  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 32; ++i) in[i] = 10 * round + i;
    OK(cudaGraphLaunch(program, stream));
    OK(cudaStreamSynchronize(stream));
    for (int i = 0; i < 32; ++i) REQUIRE(out[i] == in[i] + 1 && out[32 + i] == 2 * (in[i] + 1));
  }

  // A capture knows nothing of the one before: here the side stream joins and does nothing, and then its work is not waited for.
  for (int work : {0, 2}) {
    OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    increment<<<1, 32, 0, stream>>>(a);
    OK(cudaEventRecord(fork, stream));
    OK(cudaStreamWaitEvent(side, fork, 0));
    for (int i = 0; i < work; ++i) twice<<<1, 32, 0, side>>>(b, a);
    REQUIRE(cudaStreamEndCapture(stream, &graph) == (work == 0 ? cudaSuccess : cudaErrorStreamCaptureUnjoined));
    REQUIRE((graph == nullptr) == (work > 0));
    REQUIRE((cudaGetLastError() == cudaSuccess) == (work == 0));
    if (graph) OK(cudaGraphDestroy(graph));
  }

  OK(cudaGraphExecDestroy(program));
  OK(cudaEventDestroy(fork));
  OK(cudaEventDestroy(join));
  OK(cudaStreamDestroy(stream));
  OK(cudaStreamDestroy(side));
  OK(cudaFree(a));
  OK(cudaFree(b));
  OK(cudaFreeHost(in));
  OK(cudaFreeHost(out));
}
