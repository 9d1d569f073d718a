// For chapter 11, skip it now: numbers of 16 bits, in memory or in a message.
#pragma once

#include <cstddef>
#include <cstdint>

struct MessageFormat {
  void (*narrow)(uint16_t* to, const float* from, size_t n);  // rounds
  void (*widen)(float* to, const uint16_t* from, size_t n);   // exact
};
