// How often the host has waited for its GPU. Where the CPU stands in for a GPU, common/cuda_on_cpu counts: each call that waits for
// something that had not happened yet. A GPU counts nothing.
#pragma once

#include <memory>
#include <string>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/make_device.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;

// Null, and why: a device whose waits nobody counts.
inline std::unique_ptr<Device> device_that_counts(std::string& reason) {
  if (!&cuda_on_cpu_waits) reason = "skipped: on a GPU nobody counts waits";
  else return make_device("cuda");
  return nullptr;
}

template <class Work>
unsigned long waits_of(Work work) {
  const unsigned long before = cuda_on_cpu_waits;
  work();
  return cuda_on_cpu_waits - before;
}
