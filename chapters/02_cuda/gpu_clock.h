// How long a GPU computes, by its own clock: an event before each stretch of operations and one behind it. The host, which has gone on
// meanwhile, waits for none of them.
#pragma once

#include <deque>

#include "chapters/02_cuda/cuda_device.h"

class GpuClock {
 public:
  explicit GpuClock(CudaDevice& device) : device_(device) {}
  ~GpuClock();
  GpuClock(const GpuClock&) = delete;
  GpuClock& operator=(const GpuClock&) = delete;

  // Around a stretch of operations: behind what the device was given before, and behind all that it has been given by now.
  void begin();
  void end();
  // Of the stretches that the GPU has computed by now.
  double seconds();

 private:
  struct Stretch {
    cudaEvent_t begin = nullptr, end = nullptr;
  };
  CudaDevice& device_;
  std::deque<Stretch> under_way_, read_;  // in the order of the stream; those whose events may be recorded again
  double seconds_ = 0;
};
