// The streams of a GPU in the timeline of --trace (common/mpi_guard/trace.h), beside what its host does: an event before and behind each
// stretch of operations. No host waits for them: their times are read when they have happened.
#pragma once

#include <cstdint>
#include <deque>

#include "chapters/02_cuda/cuda_device.h"

class GpuTrace {
 public:
  explicit GpuTrace(CudaDevice& device) : device_(device) {}
  ~GpuTrace();  // waits for what it has not read
  GpuTrace(const GpuTrace&) = delete;
  GpuTrace& operator=(const GpuTrace&) = delete;

  // Around operations of a stream: behind what it was given before, and behind all that it has been given by now. row: of the picture, from
  // 1 on. `name` must be a literal; number: of the layer, say. A stretch ends before the next one begins. In the first one the host waits
  // for the device, so that both clocks have a moment in common.
  void begin(cudaStream_t stream, int row, const char* name, int number);
  void end();

 private:
  struct Stretch {
    cudaEvent_t begin = nullptr, end = nullptr;
    cudaStream_t stream = nullptr;
    int row = 0, number = -1;
    const char* name = nullptr;
  };
  bool is_on();
  void read(bool all);
  int64_t when(cudaEvent_t event) const;

  CudaDevice& device_;
  int64_t host_began_ = 0;  // by the guard's clock; 0: nobody traces yet
  bool open_ = false;
  cudaEvent_t began_ = nullptr;
  std::deque<Stretch> under_way_, read_;  // in order; those whose events may be recorded again
};
