// Errors that a program reads are no findings; the device describes itself. What is refused is refused with CUDA's error, and the call
// that is just right beside it is not. Why it is, stands after `refused:` in its line, or alone before it; `...`: something more.
#include "tests/cuda_on_cpu/require.h"

#include <unistd.h>

#include <chrono>
#include <cstring>

#define REFUSED(error, call)                  \
  do {                                        \
    REQUIRE((call) == (error));               \
    REQUIRE(cudaGetLastError() == (error));   \
  } while (0)

__global__ void nothing() {}
__global__ void add_one(int* p) { ++*p; }
__device__ int variable[4], another[4];  // one of them is not the last of all
int plain_variable[4];

void memory() {
  int *p, *q, *pinned, host[8] = {};
  size_t free_before, free_now, total;
  OK(cudaMemGetInfo(&free_before, &total));
  OK(cudaMalloc(&p, 1 << 20));
  OK(cudaMallocHost(&pinned, 1 << 20));
  OK(cudaMemGetInfo(&free_now, &total));
  REQUIRE(free_now + (1 << 20) == free_before);  // pinned memory is the host's
  // refused: ... in use
  REFUSED(cudaErrorMemoryAllocation, cudaMalloc(&q, free_now + 1));
  REFUSED(cudaErrorInvalidValue, cudaMalloc(static_cast<void**>(nullptr), 4));  // refused: null instead of where to put the pointer
  OK(cudaMalloc(&q, 0));
  REQUIRE(q == nullptr);
  OK(cudaFree(q));
  OK(cudaFreeHost(nullptr));
  REFUSED(cudaErrorInvalidValue, cudaFree(host));  // refused: not a pointer from cudaMalloc: 0x... (memory of the host, or of nobody)
  // refused: not a pointer from cudaMalloc: 0 bytes into 1048576 bytes of pinned memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaFree(pinned));
  // refused: not a pointer from cudaMalloc: 4 bytes into 1048576 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaFree(p + 1));
  // refused: not a pointer from cudaMallocHost: 0 bytes into 1048576 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaFreeHost(p));

  cudaPointerAttributes a;
  OK(cudaPointerGetAttributes(&a, p + 5));
  REQUIRE(a.type == cudaMemoryTypeDevice && a.device == 0 && a.devicePointer == p + 5 && !a.hostPointer);
  OK(cudaPointerGetAttributes(&a, pinned));
  REQUIRE(a.type == cudaMemoryTypeHost && a.device == 0 && a.devicePointer == pinned && a.hostPointer == pinned);
  OK(cudaPointerGetAttributes(&a, host));
  REQUIRE(a.type == cudaMemoryTypeUnregistered && a.device == -2 && !a.devicePointer);
  OK(cudaPointerGetAttributes(&a, variable));
  REFUSED(cudaErrorInvalidValue, cudaHostRegister(nullptr, 4, 0));  // refused: needs ordinary host memory
  REFUSED(cudaErrorInvalidValue, cudaHostRegister(host, 0, 0));  // refused: needs ordinary host memory
  REFUSED(cudaErrorInvalidValue, cudaHostRegister(p, 4, 0));  // refused: needs ordinary host memory
  REFUSED(cudaErrorHostMemoryNotRegistered, cudaHostUnregister(host));  // refused: was not registered
  OK(cudaHostRegister(host, 16, 0));
  REFUSED(cudaErrorHostMemoryAlreadyRegistered, cudaHostRegister(host, 16, 0));  // refused: registered already
  OK(cudaPointerGetAttributes(&a, host + 3));
  REQUIRE(a.type == cudaMemoryTypeHost);
  OK(cudaPointerGetAttributes(&a, host + 4));
  REQUIRE(a.type == cudaMemoryTypeUnregistered);
  OK(cudaHostUnregister(host));

  REFUSED(cudaErrorInvalidMemcpyDirection, cudaMemcpy(p, host, 4, static_cast<cudaMemcpyKind>(5)));  // refused: kind 5
  REFUSED(cudaErrorInvalidMemcpyDirection, cudaMemcpy(p, host, 4, static_cast<cudaMemcpyKind>(-1)));  // refused: kind -1
  // refused: the destination is host memory, but the kind of copy says device
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(host, host + 4, 4, cudaMemcpyHostToDevice));
  // refused: the source is host memory, but the kind of copy says device
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(host, host + 4, 4, cudaMemcpyDeviceToHost));
  // refused: the destination is device memory, but the kind of copy says host
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(p, p + 4, 4, cudaMemcpyDeviceToHost));
  // refused: the source is device memory, but the kind of copy says host
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(p, p + 4, 4, cudaMemcpyHostToDevice));
  // refused: the destination is device memory, but the kind of copy says host
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(p, host, 4, cudaMemcpyHostToHost));
  // refused: the destination is host memory, but the kind of copy says device
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(host, p, 4, cudaMemcpyDeviceToDevice));
  OK(cudaMemset(p, 0, 1 << 20));
  OK(cudaMalloc(&q, 60));
  OK(cudaMemcpy(q, p, 60, cudaMemcpyDeviceToDevice));
  // refused: 61 bytes do not fit into the destination, which is 0 bytes into 60 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(q, p, 61, cudaMemcpyDeviceToDevice));
  // refused: 57 bytes do not fit into the source, which is 4 bytes into 60 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(p, q + 1, 57, cudaMemcpyDeviceToDevice));
  OK(cudaMemset(q, 7, 60));
  // refused: 61 bytes do not fit into the destination, which is 0 bytes into 60 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaMemset(q, 7, 61));
  REFUSED(cudaErrorInvalidValue, cudaMemset(host, 7, 4));  // refused: the destination is host memory
  OK(cudaMemset(host, 7, 0));
  OK(cudaMemcpy2D(q, 20, p, 30, 20, 3, cudaMemcpyDeviceToDevice));
  OK(cudaMemcpy2D(q, 25, p, 30, 10, 3, cudaMemcpyDeviceToDevice));  // the last row needs no pitch
  // refused: 61 bytes do not fit into the destination, which is 0 bytes into 60 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaMemcpy2D(q, 25, p, 30, 11, 3, cudaMemcpyDeviceToDevice));
  OK(cudaMemcpy2D(p, 30, q, 25, 10, 3, cudaMemcpyDeviceToDevice));
  // refused: 61 bytes do not fit into the source, which is 0 bytes into 60 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaMemcpy2D(p, 20, q, 25, 11, 3, cudaMemcpyDeviceToDevice));
  REFUSED(cudaErrorInvalidValue, cudaMemcpy2D(q, 19, p, 30, 20, 3, cudaMemcpyDeviceToDevice));  // refused: the width exceeds the pitch
  REFUSED(cudaErrorInvalidValue, cudaMemcpy2D(q, 20, p, 19, 20, 3, cudaMemcpyDeviceToDevice));  // refused: the width exceeds the pitch
  OK(cudaMemcpy2D(q, 1, p, 1, 20, 0, cudaMemcpyDeviceToDevice));
  OK(cudaMemcpy2D(q, 1, p, 1, 0, 20, cudaMemcpyDeviceToDevice));

  OK(cudaMemcpyToSymbol(variable, host, 4, 12));
  OK(cudaMemcpyToSymbol(variable, host, 0, 16));
  REFUSED(cudaErrorInvalidValue, cudaMemcpyToSymbol(variable, host, 5, 12));  // refused: 5 bytes at offset 12 of a variable of 16 bytes
  REFUSED(cudaErrorInvalidValue, cudaMemcpyToSymbol(another, host, 5, 12));  // refused: 5 bytes at offset 12 of a variable of 16 bytes
  REFUSED(cudaErrorInvalidValue, cudaMemcpyFromSymbol(host, variable, 17));  // refused: 17 bytes at offset 0 of a variable of 16 bytes
  REFUSED(cudaErrorInvalidSymbol, cudaMemcpyToSymbol(plain_variable, host, 4));  // refused: not a __device__ or __constant__ variable
  REFUSED(cudaErrorInvalidSymbol, cudaMemcpyFromSymbol(host, plain_variable, 4));  // refused: not a __device__ or __constant__ variable
  void* address = nullptr;
  REFUSED(cudaErrorInvalidSymbol, cudaGetSymbolAddress(&address, plain_variable));  // refused: not a __device__ or __constant__ variable
  OK(cudaFree(p));
  OK(cudaFree(q));
  OK(cudaFreeHost(pinned));
  OK(cudaMemGetInfo(&free_now, &total));
  REQUIRE(free_now == free_before);
  OK(cudaPointerGetAttributes(&a, p));
  REQUIRE(a.type == cudaMemoryTypeUnregistered);
  // refused: the source was freed: 0 bytes into 1048576 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(host, p, 4, cudaMemcpyDeviceToHost));
  // refused: the destination was freed: 4 bytes into 1048576 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaMemcpy(p + 1, host, 4, cudaMemcpyHostToDevice));
  // refused: the destination was freed: 0 bytes into 1048576 bytes of device memory allocated at ...
  REFUSED(cudaErrorInvalidValue, cudaMemset(p, 0, 4));
}

void launches() {
  const int usual = 48 * 1024, most = 163 * 1024;
  const auto launch = [](int shared) {
    nothing<<<1, 1, shared>>>();
    return cudaGetLastError();
  };
  REQUIRE(launch(usual) == cudaSuccess && launch(usual + 1) == cudaErrorInvalidValue);
  // refused: attribute 8, value 166913; shared memory goes up to 166912
  REFUSED(cudaErrorInvalidValue, cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, most + 1));
  // refused: attribute 8, value -1; shared memory goes up to 166912
  REFUSED(cudaErrorInvalidValue, cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, -1));
  REQUIRE(launch(usual + 1) == cudaErrorInvalidValue);
  OK(cudaFuncSetAttribute(nothing, cudaFuncAttributePreferredSharedMemoryCarveout, 100));
  OK(cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, 100 * 1024));
  REQUIRE(launch(100 * 1024) == cudaSuccess && launch(100 * 1024 + 1) == cudaErrorInvalidValue);
  OK(cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, most));
  REQUIRE(launch(most) == cudaSuccess && launch(most + 1) == cudaErrorInvalidValue);
  OK(cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, 1));
  REQUIRE(launch(usual) == cudaSuccess && launch(usual + 1) == cudaErrorInvalidValue);
  // 2048 threads, 32 blocks, and 164 KiB of shared memory, of which each block takes one more than it says.
  const int cases[][3] = {{256, 0, 8}, {1024, 0, 2}, {1000, 0, 2}, {96, 0, 21}, {32, 0, 32}, {1, 0, 32}, {32, 40 * 1024, 4}, {32, 81 * 1024, 2}, {32, 81 * 1024 + 1, 1}};
  for (const auto& [threads, shared, expected] : cases) {
    int blocks = -1;
    OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, nothing, threads, size_t(shared)));
    REQUIRE(blocks == expected);
  }
}

void streams() {
  cudaStream_t stream, nonblocking, gone;
  cudaEvent_t event, other, without_time, gone_event;
  int* p;
  float milliseconds = -1;
  REFUSED(cudaErrorInvalidValue, cudaStreamCreate(nullptr));  // refused: bad argument
  REFUSED(cudaErrorInvalidValue, cudaStreamCreateWithFlags(&stream, 2));  // refused: bad argument
  REFUSED(cudaErrorInvalidValue, cudaEventCreate(nullptr));  // refused: null
  // refused: cudaEventInterprocess needs cudaEventDisableTiming
  REFUSED(cudaErrorInvalidValue, cudaEventCreateWithFlags(&event, cudaEventInterprocess));
  REFUSED(cudaErrorInvalidResourceHandle, cudaStreamDestroy(nullptr));  // refused: the default stream stays
  OK(cudaStreamCreate(&stream));
  OK(cudaStreamCreateWithFlags(&nonblocking, cudaStreamNonBlocking));
  OK(cudaStreamCreate(&gone));
  OK(cudaEventCreate(&event));
  OK(cudaEventCreate(&other));
  OK(cudaEventCreateWithFlags(&without_time, cudaEventDisableTiming));
  OK(cudaEventCreate(&gone_event));
  OK(cudaStreamDestroy(gone));
  OK(cudaEventDestroy(gone_event));
  OK(cudaMalloc(&p, 4));
  OK(cudaMemset(p, 0, 4));
  const cudaError_t no_handle = cudaErrorInvalidResourceHandle;
  REFUSED(no_handle, cudaStreamDestroy(gone));  // refused: no such stream (was it destroyed?)
  REFUSED(no_handle, cudaStreamSynchronize(gone));  // refused: no such stream (was it destroyed?)
  REFUSED(no_handle, cudaStreamQuery(gone));  // refused: no such stream (was it destroyed?)
  REFUSED(no_handle, cudaStreamWaitEvent(gone, event, 0));  // refused: no such stream (was it destroyed?)
  REFUSED(no_handle, cudaStreamWaitEvent(stream, gone_event, 0));  // refused: no such event (was it destroyed?)
  REFUSED(no_handle, cudaLaunchHostFunc(gone, nullptr, nullptr));  // refused: no such stream (was it destroyed?)
  REFUSED(no_handle, cudaEventDestroy(gone_event));  // refused: no such event (was it destroyed?)
  REFUSED(no_handle, cudaEventRecord(gone_event, stream));  // refused: no such event (was it destroyed?)
  REFUSED(no_handle, cudaEventRecord(event, gone));  // refused: no such stream (was it destroyed?)
  REFUSED(no_handle, cudaEventSynchronize(gone_event));  // refused: no such event (was it destroyed?)
  REFUSED(no_handle, cudaEventQuery(gone_event));  // refused: no such event (was it destroyed?)
  REFUSED(no_handle, cudaMemcpyAsync(p, p, 4, cudaMemcpyDeviceToDevice, gone));  // refused: no such stream
  REFUSED(no_handle, cudaMemsetAsync(p, 0, 4, gone));  // refused: no such stream
  REFUSED(no_handle, cudaMallocAsync(&p, 4, gone));  // refused: no such stream
  REFUSED(no_handle, cudaFreeAsync(p, gone));  // refused: no such stream
  OK(cudaFreeAsync(nullptr, stream));
  add_one<<<1, 1, 0, gone>>>(p);
  REQUIRE(cudaGetLastError() == no_handle);

  // Never recorded counts as done. Then each question brings the answer nearer.
  OK(cudaEventQuery(event));
  OK(cudaEventSynchronize(event));
  OK(cudaStreamWaitEvent(stream, event, 0));
  REFUSED(no_handle, cudaEventElapsedTime(&milliseconds, event, other));  // refused: an event was never recorded, or without time
  add_one<<<1, 1, 0, stream>>>(p);
  OK(cudaEventRecord(event, stream));
  OK(cudaEventRecord(without_time, stream));
#ifdef CUDA_ON_CPU
  // What is not ready is no mistake, but cudaGetLastError says so next.
  REQUIRE(cudaEventElapsedTime(&milliseconds, event, event) == cudaErrorNotReady && cudaGetLastError() == cudaErrorNotReady);
  REQUIRE(cudaEventQuery(event) == cudaErrorNotReady && cudaGetLastError() == cudaErrorNotReady);
  REQUIRE(cudaEventQuery(event) == cudaSuccess && cudaEventQuery(event) == cudaSuccess);
  REQUIRE(cudaStreamQuery(stream) == cudaSuccess);
  add_one<<<1, 1, 0, stream>>>(p);
  add_one<<<1, 1, 0, stream>>>(p);
  REQUIRE(cudaStreamQuery(stream) == cudaErrorNotReady && cudaGetLastError() == cudaErrorNotReady);
  REQUIRE(cudaStreamQuery(stream) == cudaSuccess && cudaStreamQuery(stream) == cudaSuccess);
#endif
  OK(cudaStreamSynchronize(stream));
  REFUSED(no_handle, cudaEventElapsedTime(&milliseconds, event, without_time));  // refused: an event was never recorded, or without time
  REFUSED(no_handle, cudaEventElapsedTime(&milliseconds, without_time, event));  // refused: an event was never recorded, or without time
  REFUSED(no_handle, cudaEventElapsedTime(&milliseconds, gone_event, event));  // refused: no such event (was it destroyed?)
  REFUSED(no_handle, cudaEventElapsedTime(&milliseconds, event, gone_event));  // refused: no such event (was it destroyed?)
#ifdef CUDA_ON_CPU
  OK(cudaEventRecord(other, stream));  // one of the two has happened
  REQUIRE(cudaEventElapsedTime(&milliseconds, event, other) == cudaErrorNotReady && cudaGetLastError() == cudaErrorNotReady);
  REQUIRE(cudaEventElapsedTime(&milliseconds, other, event) == cudaErrorNotReady && cudaGetLastError() == cudaErrorNotReady);
#endif
  // Milliseconds: no fewer than were slept between, no more than went by around.
  const auto begin = std::chrono::steady_clock::now();
  OK(cudaEventRecord(event, stream));
  OK(cudaLaunchHostFunc(stream, [](void*) { usleep(3000); }, nullptr));
  OK(cudaEventRecord(other, stream));
  OK(cudaEventSynchronize(other));
  OK(cudaEventElapsedTime(&milliseconds, event, other));
  const std::chrono::duration<double, std::milli> around = std::chrono::steady_clock::now() - begin;
  REQUIRE(milliseconds >= 3 && milliseconds <= around.count());

  // Captures.
  cudaGraph_t graph, none = nullptr;
  cudaGraphExec_t executable;
  cudaStreamCaptureStatus status;
  // refused: the default stream cannot capture
  REFUSED(cudaErrorStreamCaptureUnsupported, cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal));
  REFUSED(no_handle, cudaStreamBeginCapture(gone, cudaStreamCaptureModeGlobal));  // refused: no such stream
  REFUSED(cudaErrorInvalidValue, cudaStreamEndCapture(stream, &graph));  // refused: this stream did not begin a capture
  OK(cudaStreamIsCapturing(stream, &status));
  REQUIRE(status == cudaStreamCaptureStatusNone);
  REQUIRE(cudaStreamIsCapturing(gone, &status) == no_handle);
  OK(cudaEventRecord(other, nonblocking));
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  REFUSED(cudaErrorInvalidValue, cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));  // refused: the stream captures already
  OK(cudaStreamIsCapturing(stream, &status));
  REQUIRE(status == cudaStreamCaptureStatusActive);
  // refused: the default stream is used while another stream captures
  REFUSED(cudaErrorStreamCaptureImplicit, cudaMemsetAsync(p, 0, 4, nullptr));
#ifdef CUDA_ON_CPU
  // refused: the event is from outside the capture
  REFUSED(cudaErrorStreamCaptureUnsupported, cudaStreamWaitEvent(stream, other, 0));  // it has not happened, and is from outside
#endif
  add_one<<<1, 1, 0, stream>>>(p);
  OK(cudaStreamEndCapture(stream, &graph));
  OK(cudaGraphInstantiate(&executable, graph, 0));
  OK(cudaMemset(p, 0, 4));
  REFUSED(no_handle, cudaGraphLaunch(executable, gone));  // refused: no such stream
  OK(cudaGraphLaunch(executable, stream));
  int count = 0;
  OK(cudaMemcpy(&count, p, 4, cudaMemcpyDeviceToHost));
  REQUIRE(count == 1);
  OK(cudaGraphDestroy(graph));
  OK(cudaGraphExecDestroy(executable));
  REFUSED(cudaErrorInvalidValue, cudaGraphDestroy(graph));  // refused: no such graph
  REFUSED(cudaErrorInvalidValue, cudaGraphExecDestroy(executable));  // refused: no such graph
  REFUSED(cudaErrorInvalidValue, cudaGraphInstantiate(&executable, graph, 0));  // refused: no such graph
  REFUSED(cudaErrorInvalidValue, cudaGraphLaunch(executable, stream));  // refused: no such graph

  // Calls that wait, or that cannot be written down.
  int* q = nullptr;
  const auto makes_invalid = [&](auto call) {
    OK(cudaStreamBeginCapture(nonblocking, cudaStreamCaptureModeGlobal));
    REFUSED(cudaErrorStreamCaptureUnsupported, call());
    OK(cudaStreamIsCapturing(nonblocking, &status));
    REQUIRE(status == cudaStreamCaptureStatusInvalidated);
    REFUSED(cudaErrorStreamCaptureInvalidated, cudaStreamEndCapture(nonblocking, &none));  // refused: an earlier call made the capture invalid
    REQUIRE(none == nullptr);
  };
  // refused: not allowed while a stream captures; the capture is invalid now (cudaErrorStreamCaptureUnsupported)
  makes_invalid([] { return cudaDeviceSynchronize(); });
  // refused: not allowed while a stream captures; the capture is invalid now (cudaErrorStreamCaptureUnsupported)
  makes_invalid([&] { return cudaStreamSynchronize(nonblocking); });
  // refused: not allowed while a stream captures; the capture is invalid now (cudaErrorStreamCaptureUnsupported)
  makes_invalid([&] { return cudaStreamQuery(nonblocking); });
  // refused: not allowed while a stream captures; the capture is invalid now (cudaErrorStreamCaptureUnsupported)
  makes_invalid([&] { return cudaMalloc(&q, 4); });
  // refused: not allowed while a stream captures; the capture is invalid now (cudaErrorStreamCaptureUnsupported)
  makes_invalid([&] { return cudaFree(p); });
  // refused: not allowed while a stream captures; the capture is invalid now (cudaErrorStreamCaptureUnsupported)
  makes_invalid([&] { return cudaMemcpy(&count, p, 4, cudaMemcpyDeviceToHost); });
  OK(cudaStreamBeginCapture(nonblocking, cudaStreamCaptureModeRelaxed));
  OK(cudaMalloc(&q, 4));
  OK(cudaMemset(q, 0, 4));  // the default stream does not wait for this one
  OK(cudaStreamEndCapture(nonblocking, &graph));
  OK(cudaGraphDestroy(graph));
  OK(cudaFree(q));
  OK(cudaFree(p));
  for (cudaEvent_t e : {event, other, without_time}) OK(cudaEventDestroy(e));
  for (cudaStream_t s : {stream, nonblocking}) OK(cudaStreamDestroy(s));
}

void devices() {
  int can = 7, version = 0, driver = 0;
  cudaDeviceProp properties;
  OK(cudaSetDevice(0));
  REFUSED(cudaErrorInvalidDevice, cudaSetDevice(1));  // refused: device 1, but the only one is 0
  REFUSED(cudaErrorInvalidDevice, cudaSetDevice(-1));  // refused: device -1, but the only one is 0
  REFUSED(cudaErrorInvalidDevice, cudaGetDeviceProperties(&properties, 1));  // refused: device 1, but the only one is 0
  OK(cudaDeviceCanAccessPeer(&can, 0, 0));
  REQUIRE(can == 0);
  REFUSED(cudaErrorInvalidDevice, cudaDeviceCanAccessPeer(&can, 1, 0));  // refused: device 1, but the only one is 0
  REFUSED(cudaErrorInvalidDevice, cudaDeviceCanAccessPeer(&can, 0, 1));  // refused: device 1, but the only one is 0
  REFUSED(cudaErrorInvalidDevice, cudaDeviceEnablePeerAccess(0, 0));  // refused: device 0 is no other one
  OK(cudaRuntimeGetVersion(&version));
  OK(cudaDriverGetVersion(&driver));
  REQUIRE(version == CUDART_VERSION && driver >= version);
#ifdef CUDA_ON_CPU
  size_t free_bytes = 0, total = 0;
  OK(cudaMemGetInfo(&free_bytes, &total));
  OK(cudaGetDeviceProperties(&properties, 0));
  const cudaDeviceProp& p = properties;
  REQUIRE(p.totalGlobalMem == total && p.totalConstMem == 65536 && p.regsPerBlock == 65536 && p.regsPerMultiprocessor == 65536);
  REQUIRE(p.sharedMemPerBlock == 48 * 1024 && p.sharedMemPerBlockOptin == 163 * 1024 && p.sharedMemPerMultiprocessor == 164 * 1024);
  REQUIRE(p.major == 8 && p.minor == 0 && p.multiProcessorCount == 1 && p.warpSize == 32 && p.maxThreadsPerBlock == 1024);
  REQUIRE(p.maxThreadsPerMultiProcessor == 2048 && p.maxBlocksPerMultiProcessor == 32 && p.integrated == 1 && p.canMapHostMemory == 1);
  REQUIRE(p.maxThreadsDim[0] == 1024 && p.maxThreadsDim[1] == 1024 && p.maxThreadsDim[2] == 64 && p.unifiedAddressing == 1);
  REQUIRE(p.maxGridSize[0] == 2147483647 && p.maxGridSize[1] == 65535 && p.maxGridSize[2] == 65535);
#endif
  int least = 7, greatest = 7;
  OK(cudaDeviceGetStreamPriorityRange(&least, &greatest));
  REQUIRE(least >= greatest);
}

int main() {
  cudaDeviceProp properties;
  int device, value, blocks;
  size_t free_bytes, total_bytes;
  OK(cudaGetDevice(&device));
  OK(cudaGetDeviceProperties(&properties, device));
  REQUIRE(properties.warpSize == 32 && properties.major >= 7);
#ifdef CUDA_ON_CPU
  REQUIRE(!std::strcmp(properties.name, "CPU (cuda_on_cpu)"));
#endif
  OK(cudaDeviceGetAttribute(&value, cudaDevAttrMaxThreadsPerBlock, device));
  REQUIRE(value == 1024);
  OK(cudaMemGetInfo(&free_bytes, &total_bytes));
  REQUIRE(free_bytes <= total_bytes);
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, nothing, 256, 0));
  REQUIRE(blocks > 0);
  nothing<<<1, 4096>>>();
  REQUIRE(cudaGetLastError() == cudaErrorInvalidConfiguration);
  REQUIRE(cudaGetLastError() == cudaSuccess);
  void* p = nullptr;
  REQUIRE(cudaMalloc(&p, total_bytes + total_bytes / 2) == cudaErrorMemoryAllocation);
  REQUIRE(cudaPeekAtLastError() == cudaErrorMemoryAllocation);
  REQUIRE(!std::strcmp(cudaGetErrorName(cudaGetLastError()), "cudaErrorMemoryAllocation"));
  nothing<<<1, 1>>>();
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  memory();
  launches();
  streams();
  devices();
  OK(cudaMalloc(&p, 100));
  OK(cudaDeviceReset());  // which frees it
  OK(cudaMemGetInfo(&free_bytes, &total_bytes));
  void* again = nullptr;
  OK(cudaMalloc(&again, 100));
  size_t less = 0;
  OK(cudaMemGetInfo(&less, &total_bytes));
  REQUIRE(less + 100 == free_bytes);
  OK(cudaFree(again));
}
