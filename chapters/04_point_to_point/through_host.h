// A long vector of a device on its way through host memory, in chunks: so that copies and messages take place at the same time.
//
//   copies   out 0 | out 1        | in 0   out 2 | in 1   out 3 | ...
//   host           | chunk 0      | chunk 1      | chunk 2      | ...    it sends, receives, adds
//
// Two buffers take turns. Chunk 2 comes into the buffer of chunk 0 behind chunk 0's way back, since copies take place in the order in
// which they were begun: nobody waits for that. The host waits for a chunk's way out, and for nothing else.
#pragma once

#include <functional>
#include <span>

#include "chapters/01_serial/device.h"
#include "common/split.h"

class ThroughHost {
 public:
  // Chunks of at most `longest` floats. Two buffers of that size on the device, and as much pinned memory of the host.
  ThroughHost(Device& device, size_t longest);

  // data: memory of the device. work(view, n): the next of the chunks lies in view (n), memory of the host, and what work leaves there
  // takes its place in data; chunks do not overlap. Operations that the device is given from now on see all of it.
  void run(float* data, std::span<const Range> chunks, const std::function<void(float* view, size_t n)>& work);

 private:
  float* buffer(size_t number) const { return buffers_ + number % 2 * longest_; }

  Device& device_;
  size_t longest_;
  Buffer<> buffers_;  // (2, longest)
};
