// A device of which one rank's memory does not begin an allocation, and so has no handle, for a while.
#pragma once

#include <map>

#include "chapters/02_cuda/cuda_device.h"

struct DeviceWithoutHandles : CudaDevice {
  explicit DeviceWithoutHandles(bool here) : gap(here ? 256 : 0) {}
  void* allocate_bytes(size_t bytes) override {
    char* p = static_cast<char*>(CudaDevice::allocate_bytes(bytes + gap));
    gaps[p + gap] = gap;
    return p + gap;
  }
  void free_bytes(void* p) override { CudaDevice::free_bytes(static_cast<char*>(p) - gaps[p]); }
  size_t gap;
  std::map<void*, size_t> gaps;
};
