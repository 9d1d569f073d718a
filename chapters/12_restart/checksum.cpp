#include "chapters/12_restart/checksum.h"

#include <bit>

namespace {

// A one-to-one function of 64 bits in which every bit of the result depends on every bit of x: the finalizer of MurmurHash3
// (A. Appleby, 2011).
uint64_t mix(uint64_t x) {
  x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
  return x ^ x >> 33;
}

}  // namespace

uint64_t checksum(std::span<const float> numbers, size_t place) {
  uint64_t sum = 0;
  for (float number : numbers) sum += mix(mix(++place) ^ std::bit_cast<uint32_t>(number));
  return sum;
}
