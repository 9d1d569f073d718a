#include "chapters/03_fast_kernels/device_limits.h"

#include "chapters/02_cuda/cuda_check.h"

namespace {

#ifndef CUDA_ON_CPU
int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  CUDA_CHECK(cudaDeviceGetAttribute(&value, which, device));
  return value;
}

// Float multiply-add units of a multiprocessor. Source: CUDA C++ Programming Guide, table of arithmetic throughput.
int float_units(int major, int minor) {
  if (major == 7 || (major == 8 && minor == 0)) return 64;
  return 128;
}
#endif

}  // namespace

DeviceLimits device_limits() {
  int device = 0;
  CUDA_CHECK(cudaGetDevice(&device));
  cudaDeviceProp properties;
  CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  DeviceLimits limits;
  limits.name = properties.name;
  limits.multiprocessors = properties.multiProcessorCount;
#ifndef CUDA_ON_CPU
  limits.is_gpu = true;
  const double kilohertz = attribute(cudaDevAttrClockRate, device);
  const double memory_kilohertz = attribute(cudaDevAttrMemoryClockRate, device);
  const double bus_bytes = attribute(cudaDevAttrGlobalMemoryBusWidth, device) / 8.0;
  limits.gflops =
      2.0 * limits.multiprocessors * float_units(properties.major, properties.minor) * kilohertz * 1e-6;
  limits.gbytes = 2.0 * memory_kilohertz * bus_bytes * 1e-6;  // two transfers per cycle
#endif
  return limits;
}

namespace {
constexpr int chains = 8;  // that do not wait for each other: a result is there some cycles after its operands
constexpr unsigned threads = 256, blocks_each = 8;
}  // namespace

__global__ void multiply_adds_kernel(float* nothing, int turns) {
  float sum[chains];
#pragma unroll
  for (int i = 0; i < chains; ++i) sum[i] = float(threadIdx.x) + float(i);
  for (int turn = 0; turn < turns; ++turn)
#pragma unroll
    for (int i = 0; i < chains; ++i) sum[i] = sum[i] * 0.5f + 1.0f;  // comes nearer to 2
  float total = 0;
#pragma unroll
  for (int i = 0; i < chains; ++i) total += sum[i];
  if (total < 0) *nothing = total;  // never; but the compiler cannot know, and leaves nothing out
}

double queue_multiply_adds(float* nothing, int turns, cudaStream_t stream) {
  const unsigned blocks = blocks_each * unsigned(device_limits().multiprocessors);
  multiply_adds_kernel<<<blocks, threads, 0, stream>>>(nothing, turns);
  CUDA_CHECK(cudaGetLastError());
  return 2.0 * chains * turns * threads * blocks;
}
