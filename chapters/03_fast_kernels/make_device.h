// The device that a program computes on, from this chapter on: --device cpu|cuda.
#pragma once

#include "chapters/02_cuda/make_device.h"

// name: one of device_names.  local_rank: of the process on its node (0 for a single one); the GPUs of a node are dealt
// out in turn, and the process stays on cores near its own (near_cores.h).  Throws NoGpu (cuda_device.h).
std::unique_ptr<Device> make_device(const std::string& name, int local_rank = 0);
