// Where a program computes is chosen when it starts: --device cpu|cuda.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chapters/01_serial/device.h"

inline const std::vector<std::string> device_names = {"cpu", "cuda"};

// name: one of device_names.  local_rank: of the process on its node (0 for a single one); the GPUs of a node are dealt
// out in turn.  Throws NoGpu (cuda_device.h).
std::unique_ptr<Device> make_device(const std::string& name, int local_rank = 0);
