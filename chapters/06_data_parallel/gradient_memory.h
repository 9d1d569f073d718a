// Where a rank's gradients lie: in memory of the device, or in a window that all ranks of the node can read, so that an
// exchange needs no message and no copy.
#pragma once

#include <memory>
#include <string>

#include "chapters/01_serial/device.h"
#include "chapters/05_collectives/shared_window.h"
#include "common/error.h"

class GradientMemory {
 public:
  // Collective over comm.  Throws Error where this allreduce needs a window and the device cannot compute in it, or the
  // ranks do not share memory.
  GradientMemory(Device& device, size_t n, const std::string& allreduce, MPI_Comm comm = MPI_COMM_WORLD) {
    if (allreduce != "shared-window") {
      own_ = Buffer<>(device, n, Purpose::gradients);
      return;
    }
    if (device.name() != "cpu") throw Error("--allreduce shared-window: needs --device cpu, not " + device.name());
    window_ = std::make_unique<SharedWindow>(comm, n);
  }
  float* data() const { return window_ ? window_->mine() : own_.data(); }
  operator float*() const { return data(); }

 private:
  Buffer<> own_;
  std::unique_ptr<SharedWindow> window_;
};
