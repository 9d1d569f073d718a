// expect: 42 calls return the error of the kernel
#include "tests/cuda_on_cpu/require.h"

__global__ void give_up(int* p) {
  if (*p == 0) __trap();
}
__device__ int variable;

int main() {
  int *p, *q, host = 0, calls = 0;
  size_t bytes, total;
  cudaStream_t stream, other_stream;
  cudaEvent_t event, other_event, shared_event;
  cudaGraph_t graph;
  cudaGraphExec_t program, other_program;
  cudaIpcMemHandle_t memory_handle;
  cudaIpcEventHandle_t event_handle;
  cudaStreamCaptureStatus status;
  cudaPointerAttributes attributes;
  cudaDeviceProp properties;
  float milliseconds;
  OK(cudaMalloc(&p, sizeof *p));
  OK(cudaMemset(p, 0, sizeof *p));
  OK(cudaStreamCreate(&stream));
  OK(cudaEventCreate(&event));
  OK(cudaEventCreateWithFlags(&shared_event, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  OK(cudaStreamEndCapture(stream, &graph));
  OK(cudaGraphInstantiate(&program, graph, 0));
  OK(cudaEventRecord(event, stream));
  OK(cudaEventSynchronize(event));
  give_up<<<1, 1>>>(p);
  OK(cudaGetLastError());
  REQUIRE(cudaDeviceSynchronize() == cudaErrorLaunchFailure);
#define RETURNS_IT(call)                      \
  do {                                        \
    REQUIRE((call) == cudaErrorLaunchFailure); \
    ++calls;                                  \
  } while (0)
  RETURNS_IT(cudaGetLastError());  // it stays
  RETURNS_IT(cudaPeekAtLastError());
  RETURNS_IT(cudaMalloc(&q, 4));
  RETURNS_IT(cudaMallocHost(&q, 4));
  RETURNS_IT(cudaMallocAsync(&q, 4, stream));
  RETURNS_IT(cudaHostRegister(&host, sizeof host, 0));
  RETURNS_IT(cudaHostUnregister(&host));
  RETURNS_IT(cudaMemcpy(p, &host, sizeof host, cudaMemcpyHostToDevice));
  RETURNS_IT(cudaMemcpyAsync(p, &host, sizeof host, cudaMemcpyHostToDevice, stream));
  RETURNS_IT(cudaMemcpy2D(p, 4, &host, 4, 4, 1, cudaMemcpyHostToDevice));
  RETURNS_IT(cudaMemset(p, 0, 4));
  RETURNS_IT(cudaMemsetAsync(p, 0, 4, stream));
  RETURNS_IT(cudaMemcpyToSymbol(variable, &host, sizeof host));
  RETURNS_IT(cudaMemcpyFromSymbol(&host, variable, sizeof host));
  RETURNS_IT(cudaMemGetInfo(&bytes, &total));
  RETURNS_IT(cudaPointerGetAttributes(&attributes, p));
  RETURNS_IT(cudaFuncSetAttribute(give_up, cudaFuncAttributeMaxDynamicSharedMemorySize, 100));
  RETURNS_IT(cudaGetDevice(&host));
  RETURNS_IT(cudaSetDevice(0));
  RETURNS_IT(cudaGetDeviceCount(&host));
  RETURNS_IT(cudaGetDeviceProperties(&properties, 0));
  RETURNS_IT(cudaStreamCreate(&other_stream));
  RETURNS_IT(cudaStreamQuery(stream));
  RETURNS_IT(cudaStreamSynchronize(stream));
  RETURNS_IT(cudaStreamWaitEvent(stream, event, 0));
  RETURNS_IT(cudaLaunchHostFunc(stream, [](void*) {}, nullptr));
  RETURNS_IT(cudaEventCreate(&other_event));
  RETURNS_IT(cudaEventRecord(event, stream));
  RETURNS_IT(cudaEventQuery(event));
  RETURNS_IT(cudaEventSynchronize(event));
  RETURNS_IT(cudaEventElapsedTime(&milliseconds, event, event));
  RETURNS_IT(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  RETURNS_IT(cudaStreamIsCapturing(stream, &status));
  RETURNS_IT(cudaGraphInstantiate(&other_program, graph, 0));
  RETURNS_IT(cudaGraphLaunch(program, stream));
  RETURNS_IT(cudaIpcGetMemHandle(&memory_handle, p));
  RETURNS_IT(cudaIpcGetEventHandle(&event_handle, shared_event));
  RETURNS_IT(cudaGraphExecDestroy(program));
  RETURNS_IT(cudaGraphDestroy(graph));
  RETURNS_IT(cudaEventDestroy(event));
  RETURNS_IT(cudaStreamDestroy(stream));
  RETURNS_IT(cudaFree(p));
  std::printf("%d calls return the error of the kernel\n", calls);
}
