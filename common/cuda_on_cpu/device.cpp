// The device that the twin pretends to be. Limits are those of compute capability 8.0, where a program's launches
// meet them; the name says what it really is.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "common/cuda_on_cpu/runtime.h"

using namespace cuda_on_cpu;

namespace {

constexpr int shared_per_block = 48 * 1024, shared_optin = 163 * 1024, shared_per_multiprocessor = 164 * 1024;
constexpr int threads_per_multiprocessor = 2048, blocks_per_multiprocessor = 32;

// As CUDA's driver: CUDA_VISIBLE_DEVICES without a number hides every device.
bool hidden() {
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  return visible && !std::isdigit(static_cast<unsigned char>(*visible));
}

cudaError_t check_device(const char* call, int device, SourceLine source) {
  if (hidden()) return refuse(cudaErrorNoDevice, source, "%s: CUDA_VISIBLE_DEVICES hides every device", call);
  if (device == 0) return sticky_error();
  return refuse(cudaErrorInvalidDevice, source, "%s: device %d, but the only one is 0", call, device);
}

}  // namespace

cudaError_t cudaGetDeviceCount(int* count) {
  *count = hidden() ? 0 : 1;
  return hidden() ? cudaErrorNoDevice : sticky_error();
}
cudaError_t cudaGetDevice(int* device) { return *device = 0, sticky_error(); }
extern "C" { int cuda_on_cpu_chosen_device = -1; }  // for tests: what was asked for last
cudaError_t cudaSetDevice(int device, SourceLine source) {
  Lock lock;
  return check_device("cudaSetDevice", cuda_on_cpu_chosen_device = device, source);
}
cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer, SourceLine source) {
  *can = 0;  // a device is no peer of its own
  const cudaError_t error = check_device("cudaDeviceCanAccessPeer", device, source);
  return error != cudaSuccess ? error : check_device("cudaDeviceCanAccessPeer", peer, source);
}
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned, SourceLine source) {
  return refuse(cudaErrorInvalidDevice, source, "cudaDeviceEnablePeerAccess: device %d is no other one", peer);
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) { return cudaRuntimeGetVersion(version); }

// Frees what the program has not, as CUDA does; streams and events stay valid here.
cudaError_t cudaDeviceReset(SourceLine source) {
  BEGIN_CALL
  if (cudaError_t error = refuse_in_capture(source, "cudaDeviceReset"); error != cudaSuccess) return error;
  cudaError_t error = drain_all();
  free_everything();
  return error;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device, SourceLine source) {
  Lock lock;
  if (cudaError_t error = check_device("cudaGetDeviceProperties", device, source); error != cudaSuccess) return error;
  cudaDeviceProp p{};
  std::snprintf(p.name, sizeof p.name, "CPU (cuda_on_cpu)");
  p.totalGlobalMem = device_bytes_total();
  p.sharedMemPerBlock = shared_per_block;
  p.sharedMemPerBlockOptin = shared_optin;
  p.sharedMemPerMultiprocessor = shared_per_multiprocessor;
  p.regsPerBlock = p.regsPerMultiprocessor = 65536;
  p.warpSize = 32;
  p.maxThreadsPerBlock = 1024;
  p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
  p.maxThreadsDim[2] = 64;
  p.maxGridSize[0] = 0x7fffffff;
  p.maxGridSize[1] = p.maxGridSize[2] = 65535;
  p.totalConstMem = 65536;
  p.major = 8;
  p.multiProcessorCount = 1;
  p.integrated = 1;
  p.canMapHostMemory = 1;
  p.unifiedAddressing = 1;
  p.maxThreadsPerMultiProcessor = threads_per_multiprocessor;
  p.maxBlocksPerMultiProcessor = blocks_per_multiprocessor;
  *properties = p;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device, SourceLine source) {
  Lock lock;
  cudaDeviceProp p;
  if (cudaError_t error = cudaGetDeviceProperties(&p, device, source); error != cudaSuccess) return error;
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock: *value = p.maxThreadsPerBlock; break;
    case cudaDevAttrMaxBlockDimX: *value = p.maxThreadsDim[0]; break;
    case cudaDevAttrMaxBlockDimY: *value = p.maxThreadsDim[1]; break;
    case cudaDevAttrMaxBlockDimZ: *value = p.maxThreadsDim[2]; break;
    case cudaDevAttrMaxGridDimX: *value = p.maxGridSize[0]; break;
    case cudaDevAttrMaxGridDimY: *value = p.maxGridSize[1]; break;
    case cudaDevAttrMaxGridDimZ: *value = p.maxGridSize[2]; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = shared_per_block; break;
    case cudaDevAttrTotalConstantMemory: *value = static_cast<int>(p.totalConstMem); break;
    case cudaDevAttrWarpSize: *value = p.warpSize; break;
    case cudaDevAttrMaxRegistersPerBlock: *value = p.regsPerBlock; break;
    case cudaDevAttrMultiProcessorCount: *value = p.multiProcessorCount; break;
    case cudaDevAttrIntegrated: *value = p.integrated; break;
    case cudaDevAttrCanMapHostMemory: *value = p.canMapHostMemory; break;
    case cudaDevAttrConcurrentKernels: *value = p.concurrentKernels; break;
    case cudaDevAttrMaxThreadsPerMultiProcessor: *value = p.maxThreadsPerMultiProcessor; break;
    case cudaDevAttrAsyncEngineCount: *value = p.asyncEngineCount; break;
    case cudaDevAttrUnifiedAddressing: *value = p.unifiedAddressing; break;
    case cudaDevAttrComputeCapabilityMajor: *value = p.major; break;
    case cudaDevAttrComputeCapabilityMinor: *value = p.minor; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = shared_per_multiprocessor; break;
    case cudaDevAttrManagedMemory: *value = p.managedMemory; break;
    case cudaDevAttrCooperativeLaunch: *value = p.cooperativeLaunch; break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = shared_optin; break;
    default: return refuse(cudaErrorInvalidValue, source, "cudaDeviceGetAttribute: attribute %d", static_cast<int>(attribute));
  }
  return cudaSuccess;
}

int cuda_on_cpu::resident_blocks(int block_size, size_t dynamic_shared_bytes) {
  if (block_size <= 0 || block_size > 1024) return 0;
  int warps = (block_size + 31) / 32;
  int by_threads = threads_per_multiprocessor / (32 * warps);
  // A block also takes 1 KiB of shared memory for the system.
  int by_shared = static_cast<int>(shared_per_multiprocessor / (dynamic_shared_bytes + 1024));
  return std::min({by_threads, by_shared, blocks_per_multiprocessor});
}
