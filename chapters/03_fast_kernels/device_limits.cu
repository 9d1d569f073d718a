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
