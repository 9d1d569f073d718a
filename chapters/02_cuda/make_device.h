// Where a program computes is chosen when it starts: --device cpu|cuda.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chapters/01_serial/device.h"

inline const std::vector<std::string> device_names = {"cpu", "cuda"};

namespace plain {
// The device of chapter 01 or of this one, by one of device_names.  Throws NoGpu (cuda_device.h).
std::unique_ptr<Device> make_device(const std::string& name);
}  // namespace plain
