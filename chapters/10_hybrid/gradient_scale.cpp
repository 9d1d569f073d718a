#include "chapters/10_hybrid/gradient_scale.h"

#include <algorithm>
#include <bit>
#include <cstdint>

// The exponent of infinities and of NaNs has all bits set: their magnitudes, as whole numbers, are the largest.
bool all_finite(Device& device, float* p, size_t n) {
  device.begin_copy_out(p, n);
  device.end_copy_out(p, n);
  const float* values = device.host_view(p, n);
  uint32_t largest = 0;
  for (size_t i = 0; i < n; ++i) largest = std::max(largest, std::bit_cast<uint32_t>(values[i]) & 0x7fffffff);
  return largest < 0x7f800000;
}
