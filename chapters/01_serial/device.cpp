#include "chapters/01_serial/device.h"

#include <algorithm>

const char* name_of(Purpose purpose) {
  constexpr const char* names[purposes] = {"parameters",  "gradients", "optimizer",
                                           "activations", "exchange",  "workspace"};
  return names[size_t(purpose)];
}

void* Device::allocate_counted(size_t bytes, Purpose purpose) {
  void* pointer = allocate_bytes(bytes);
  allocations_[pointer] = {bytes, purpose};
  MemoryCount& count = memory_[size_t(purpose)];
  count.live += bytes;
  count.peak = std::max(count.peak, count.live);
  return pointer;
}

void Device::free(void* pointer) {
  const auto found = allocations_.find(pointer);
  if (found == allocations_.end()) return;
  memory_[size_t(found->second.purpose)].live -= found->second.bytes;
  allocations_.erase(found);
  free_bytes(pointer);
}

void Device::reset_peaks() {
  for (MemoryCount& count : memory_) count.peak = count.live;
}
