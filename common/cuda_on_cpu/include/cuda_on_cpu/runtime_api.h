// The host side of the runtime: errors, devices, memory, streams, events, graphs. Names, argument order and meaning
// are CUDA's. The trailing SourceLine is the caller's line, for diagnostics; nobody passes it.
#pragma once

#include <cstddef>

#include "cuda_on_cpu/launch.h"

#define CUDART_VERSION 12000

enum cudaError_t {
  cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorMemoryAllocation = 2, cudaErrorInitializationError = 3,
  cudaErrorInvalidConfiguration = 9, cudaErrorInvalidSymbol = 13, cudaErrorInvalidMemcpyDirection = 21,
  cudaErrorInvalidDeviceFunction = 98, cudaErrorNoDevice = 100, cudaErrorInvalidDevice = 101, cudaErrorDeviceUninitialized = 201,
  cudaErrorMapBufferObjectFailed = 205, cudaErrorInvalidResourceHandle = 400, cudaErrorNotReady = 600,
  cudaErrorIllegalAddress = 700, cudaErrorAssert = 710, cudaErrorHostMemoryAlreadyRegistered = 712,
  cudaErrorHostMemoryNotRegistered = 713, cudaErrorMisalignedAddress = 716, cudaErrorLaunchFailure = 719,
  cudaErrorNotSupported = 801, cudaErrorStreamCaptureUnsupported = 900, cudaErrorStreamCaptureInvalidated = 901,
  cudaErrorStreamCaptureUnjoined = 904, cudaErrorStreamCaptureImplicit = 906, cudaErrorUnknown = 999,
};

enum cudaMemcpyKind { cudaMemcpyHostToHost, cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice, cudaMemcpyDefault };

using cudaEvent_t = struct CUevent_st*;
using cudaGraph_t = struct CUgraph_st*;
using cudaGraphExec_t = struct CUgraphExec_st*;
#define CUDART_CB
using cudaHostFn_t = void (*)(void* user_data);

inline const cudaStream_t cudaStreamLegacy = nullptr;
enum : unsigned { cudaStreamDefault = 0, cudaStreamNonBlocking = 1 };
enum : unsigned { cudaEventDefault = 0, cudaEventBlockingSync = 1, cudaEventDisableTiming = 2, cudaEventInterprocess = 4 };
enum : unsigned { cudaIpcMemLazyEnablePeerAccess = 1 };
struct cudaIpcMemHandle_t { char reserved[64]; }; struct cudaIpcEventHandle_t { char reserved[64]; };
enum : unsigned { cudaHostAllocDefault = 0, cudaHostAllocPortable = 1, cudaHostAllocMapped = 2, cudaHostAllocWriteCombined = 4 };
enum : unsigned { cudaHostRegisterDefault = 0, cudaHostRegisterPortable = 1, cudaHostRegisterMapped = 2 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal, cudaStreamCaptureModeRelaxed };
enum cudaStreamCaptureStatus { cudaStreamCaptureStatusNone, cudaStreamCaptureStatusActive, cudaStreamCaptureStatusInvalidated };
enum cudaFuncAttribute {
  cudaFuncAttributeMaxDynamicSharedMemorySize = 8,
  cudaFuncAttributePreferredSharedMemoryCarveout = 9,
};

enum cudaLimit { cudaLimitStackSize, cudaLimitPrintfFifoSize, cudaLimitMallocHeapSize };  // kept by nobody
enum cudaDeviceAttr {
  cudaDevAttrMaxThreadsPerBlock = 1, cudaDevAttrMaxBlockDimX = 2, cudaDevAttrMaxBlockDimY = 3, cudaDevAttrMaxBlockDimZ = 4,
  cudaDevAttrMaxGridDimX = 5, cudaDevAttrMaxGridDimY = 6, cudaDevAttrMaxGridDimZ = 7, cudaDevAttrMaxSharedMemoryPerBlock = 8,
  cudaDevAttrTotalConstantMemory = 9, cudaDevAttrWarpSize = 10, cudaDevAttrMaxRegistersPerBlock = 12,
  cudaDevAttrMultiProcessorCount = 16, cudaDevAttrIntegrated = 18, cudaDevAttrCanMapHostMemory = 19,
  cudaDevAttrConcurrentKernels = 31, cudaDevAttrMaxThreadsPerMultiProcessor = 39, cudaDevAttrAsyncEngineCount = 40,
  cudaDevAttrUnifiedAddressing = 41, cudaDevAttrComputeCapabilityMajor = 75, cudaDevAttrComputeCapabilityMinor = 76,
  cudaDevAttrMaxSharedMemoryPerMultiprocessor = 81, cudaDevAttrManagedMemory = 83, cudaDevAttrCooperativeLaunch = 95,
  cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
};

// A part of CUDA's structure: what has a meaning here, and what a program needs to print about a GPU.
struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  size_t sharedMemPerBlock;
  int regsPerBlock;
  int warpSize;
  int maxThreadsPerBlock;
  int maxThreadsDim[3];
  int maxGridSize[3];
  size_t totalConstMem;
  int major, minor;
  int multiProcessorCount;
  int integrated;
  int canMapHostMemory;
  int concurrentKernels;
  int ECCEnabled;
  int pciBusID, pciDeviceID, pciDomainID;
  int asyncEngineCount;
  int unifiedAddressing;
  int memoryBusWidth;
  int l2CacheSize;
  int maxThreadsPerMultiProcessor;
  size_t sharedMemPerMultiprocessor;
  int regsPerMultiprocessor;
  int managedMemory;
  int cooperativeLaunch;
  size_t sharedMemPerBlockOptin;
  int maxBlocksPerMultiProcessor;
};

enum cudaMemoryType { cudaMemoryTypeUnregistered = 0, cudaMemoryTypeHost = 1, cudaMemoryTypeDevice = 2, cudaMemoryTypeManaged = 3 };
struct cudaPointerAttributes {
  cudaMemoryType type;
  int device;
  void* devicePointer;
  void* hostPointer;
};

#define CUDA_ON_CPU_LINE cuda_on_cpu::SourceLine source = cuda_on_cpu::here()

// Errors
cudaError_t cudaGetLastError();
cudaError_t cudaPeekAtLastError();
const char* cudaGetErrorName(cudaError_t error);
const char* cudaGetErrorString(cudaError_t error);

// The device: one, the CPU
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaSetDevice(int device, CUDA_ON_CPU_LINE);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device, CUDA_ON_CPU_LINE);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device, CUDA_ON_CPU_LINE);
cudaError_t cudaDeviceSynchronize(CUDA_ON_CPU_LINE);
cudaError_t cudaDeviceReset(CUDA_ON_CPU_LINE);
inline cudaError_t cudaDeviceSetLimit(cudaLimit, size_t) { return cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaDriverGetVersion(int* version);

// Memory
cudaError_t cudaMalloc(void** pointer, size_t bytes, CUDA_ON_CPU_LINE);
cudaError_t cudaFree(void* pointer, CUDA_ON_CPU_LINE);
cudaError_t cudaMallocAsync(void** pointer, size_t bytes, cudaStream_t stream, CUDA_ON_CPU_LINE);
cudaError_t cudaFreeAsync(void* pointer, cudaStream_t stream, CUDA_ON_CPU_LINE);
cudaError_t cudaMallocHost(void** pointer, size_t bytes, CUDA_ON_CPU_LINE);
cudaError_t cudaFreeHost(void* pointer, CUDA_ON_CPU_LINE);
cudaError_t cudaHostRegister(void* pointer, size_t bytes, unsigned flags, CUDA_ON_CPU_LINE);
cudaError_t cudaHostUnregister(void* pointer, CUDA_ON_CPU_LINE);
cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes);
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer);
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, CUDA_ON_CPU_LINE);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream = nullptr,
                            CUDA_ON_CPU_LINE);
cudaError_t cudaMemcpy2D(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height,
                         cudaMemcpyKind kind, CUDA_ON_CPU_LINE);
cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t stream = nullptr, CUDA_ON_CPU_LINE);
cudaError_t cudaMemset(void* pointer, int value, size_t bytes, CUDA_ON_CPU_LINE);
cudaError_t cudaMemsetAsync(void* pointer, int value, size_t bytes, cudaStream_t stream = nullptr, CUDA_ON_CPU_LINE);

// Streams and events
cudaError_t cudaStreamCreate(cudaStream_t* stream, CUDA_ON_CPU_LINE);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags, CUDA_ON_CPU_LINE);
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority, CUDA_ON_CPU_LINE);
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest);
cudaError_t cudaStreamDestroy(cudaStream_t stream, CUDA_ON_CPU_LINE);
cudaError_t cudaStreamSynchronize(cudaStream_t stream, CUDA_ON_CPU_LINE);
cudaError_t cudaStreamQuery(cudaStream_t stream, CUDA_ON_CPU_LINE);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags = 0, CUDA_ON_CPU_LINE);
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* user_data, CUDA_ON_CPU_LINE);
cudaError_t cudaEventCreate(cudaEvent_t* event, CUDA_ON_CPU_LINE);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags, CUDA_ON_CPU_LINE);
cudaError_t cudaEventDestroy(cudaEvent_t event, CUDA_ON_CPU_LINE);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream = nullptr, CUDA_ON_CPU_LINE);
cudaError_t cudaEventSynchronize(cudaEvent_t event, CUDA_ON_CPU_LINE);
cudaError_t cudaEventQuery(cudaEvent_t event, CUDA_ON_CPU_LINE);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop, CUDA_ON_CPU_LINE);

// Other processes, and other devices, of which there are none
cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t* handle, void* pointer, CUDA_ON_CPU_LINE);
cudaError_t cudaIpcOpenMemHandle(void** pointer, cudaIpcMemHandle_t handle, unsigned flags, CUDA_ON_CPU_LINE);
cudaError_t cudaIpcCloseMemHandle(void* pointer, CUDA_ON_CPU_LINE);
cudaError_t cudaIpcGetEventHandle(cudaIpcEventHandle_t* handle, cudaEvent_t event, CUDA_ON_CPU_LINE);
cudaError_t cudaIpcOpenEventHandle(cudaEvent_t* event, cudaIpcEventHandle_t handle, CUDA_ON_CPU_LINE);
cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer, CUDA_ON_CPU_LINE);
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags, CUDA_ON_CPU_LINE);

// Graphs, made by stream capture
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode, CUDA_ON_CPU_LINE);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph, CUDA_ON_CPU_LINE);
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags = 0,
                                 CUDA_ON_CPU_LINE);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream, CUDA_ON_CPU_LINE);
cudaError_t cudaGraphDestroy(cudaGraph_t graph, CUDA_ON_CPU_LINE);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable, CUDA_ON_CPU_LINE);

namespace cuda_on_cpu {
// A `__device__` or `__constant__` variable is found by its address.
cudaError_t copy_to_symbol(void* symbol, size_t symbol_bytes, const void* from, size_t bytes, size_t offset,
                           cudaMemcpyKind kind, cudaStream_t stream, bool wait, SourceLine source);
cudaError_t copy_from_symbol(void* to, const void* symbol, size_t symbol_bytes, size_t bytes, size_t offset,
                             cudaMemcpyKind kind, cudaStream_t stream, bool wait, SourceLine source);
cudaError_t symbol_address(void** pointer, const void* symbol, SourceLine source);
cudaError_t set_function_attribute(const void* function, cudaFuncAttribute attribute, int value, SourceLine source);
int resident_blocks(int block_size, size_t dynamic_shared_bytes);
}  // namespace cuda_on_cpu

template <class T> cudaError_t cudaMalloc(T** pointer, size_t bytes, CUDA_ON_CPU_LINE) {
  return cudaMalloc(reinterpret_cast<void**>(pointer), bytes, source);
}
template <class T> cudaError_t cudaMallocAsync(T** pointer, size_t bytes, cudaStream_t stream, CUDA_ON_CPU_LINE) {
  return cudaMallocAsync(reinterpret_cast<void**>(pointer), bytes, stream, source);
}
template <class T> cudaError_t cudaMallocHost(T** pointer, size_t bytes, CUDA_ON_CPU_LINE) {
  return cudaMallocHost(reinterpret_cast<void**>(pointer), bytes, source);
}
template <class T> cudaError_t cudaHostAlloc(T** pointer, size_t bytes, unsigned, CUDA_ON_CPU_LINE) {
  return cudaMallocHost(reinterpret_cast<void**>(pointer), bytes, source);
}

template <class T>
cudaError_t cudaMemcpyToSymbol(T& symbol, const void* from, size_t bytes, size_t offset = 0,
                               cudaMemcpyKind kind = cudaMemcpyHostToDevice, CUDA_ON_CPU_LINE) {
  return cuda_on_cpu::copy_to_symbol(&symbol, sizeof symbol, from, bytes, offset, kind, nullptr, true, source);
}
template <class T>
cudaError_t cudaMemcpyToSymbolAsync(T& symbol, const void* from, size_t bytes, size_t offset, cudaMemcpyKind kind,
                                    cudaStream_t stream = nullptr, CUDA_ON_CPU_LINE) {
  return cuda_on_cpu::copy_to_symbol(&symbol, sizeof symbol, from, bytes, offset, kind, stream, false, source);
}
template <class T>
cudaError_t cudaMemcpyFromSymbol(void* to, const T& symbol, size_t bytes, size_t offset = 0,
                                 cudaMemcpyKind kind = cudaMemcpyDeviceToHost, CUDA_ON_CPU_LINE) {
  return cuda_on_cpu::copy_from_symbol(to, &symbol, sizeof symbol, bytes, offset, kind, nullptr, true, source);
}
template <class T>
cudaError_t cudaMemcpyFromSymbolAsync(void* to, const T& symbol, size_t bytes, size_t offset, cudaMemcpyKind kind,
                                      cudaStream_t stream = nullptr, CUDA_ON_CPU_LINE) {
  return cuda_on_cpu::copy_from_symbol(to, &symbol, sizeof symbol, bytes, offset, kind, stream, false, source);
}
template <class T> cudaError_t cudaGetSymbolAddress(void** pointer, const T& symbol, CUDA_ON_CPU_LINE) {
  return cuda_on_cpu::symbol_address(pointer, &symbol, source);
}
template <class T> cudaError_t cudaGetSymbolSize(size_t* bytes, const T& symbol) {
  *bytes = sizeof symbol;
  return cudaSuccess;
}

template <class... Parameters>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Parameters...), cudaFuncAttribute attribute, int value,
                                 CUDA_ON_CPU_LINE) {
  return cuda_on_cpu::set_function_attribute(reinterpret_cast<const void*>(kernel), attribute, value, source);
}

// What a streaming multiprocessor of the pretended device could hold (2048 threads, 164 KiB, 32 blocks), registers and
// static shared memory left out. It is a plausible number, not a property of the CPU.
template <class... Parameters>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void (*)(Parameters...), int block_size,
                                                          size_t dynamic_shared_bytes) {
  *blocks = cuda_on_cpu::resident_blocks(block_size, dynamic_shared_bytes);
  return cudaSuccess;
}
// The largest block with the most threads on a multiprocessor, and the grid that fills the device with it.
template <class... Parameters>
cudaError_t cudaOccupancyMaxPotentialBlockSize(int* grid_size, int* block_size, void (*)(Parameters...),
                                               size_t dynamic_shared_bytes = 0, int block_size_limit = 0) {
  *block_size = 0;
  for (int size = block_size_limit > 0 && block_size_limit < 1024 ? block_size_limit : 1024; size > 0; size = (size - 1) / 32 * 32)
    if (cuda_on_cpu::resident_blocks(size, dynamic_shared_bytes) * size >
        cuda_on_cpu::resident_blocks(*block_size, dynamic_shared_bytes) * *block_size) *block_size = size;
  *grid_size = cuda_on_cpu::resident_blocks(*block_size, dynamic_shared_bytes);
  return cudaSuccess;
}
