// A device of which one rank's memory does not begin an allocation, and so has no handle, for a while.
#pragma once

#include <algorithm>
#include <map>
#include <string>

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

// What rank 0 says then, in one line, and nobody else: why it is so, and what goes through host memory.
inline bool says_why(const std::string& said, bool here, const std::string& through_host, const std::string& by = "peer window") {
  const std::string why = by + ": the GPUs of these ranks cannot reach each other: ", then = ": " + through_host + " through host memory\n";
  if (!here) return said.empty();
  return said.starts_with(why) && said.ends_with(then) && said.size() > why.size() + then.size() && std::ranges::count(said, '\n') == 1;
}
