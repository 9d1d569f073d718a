#include "chapters/03_fast_kernels/device_limits.h"

#include "chapters/02_cuda/cuda_check.h"

namespace {

#ifndef CUDA_ON_CPU
int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  CUDA_CHECK(cudaDeviceGetAttribute(&value, which, device));
  return value;
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
  limits.gflops = peak_gflops(limits.multiprocessors, float_units(properties.major, properties.minor), attribute(cudaDevAttrClockRate, device));
  limits.gbytes = peak_gbytes(attribute(cudaDevAttrMemoryClockRate, device), attribute(cudaDevAttrGlobalMemoryBusWidth, device));
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
