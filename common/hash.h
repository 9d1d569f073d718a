// One number that changes when any bit of an array changes: how runs show that they ended with the same weights.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

// FNV-1a (Fowler, Noll, Vo), 64 bits, over the bytes of the values; 0.0 and -0.0 differ.
inline uint64_t hash_bits(std::span<const float> values) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (float value : values) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    for (int byte = 0; byte < 4; ++byte) hash = (hash ^ (bits >> 8 * byte & 0xff)) * 0x100000001b3u;
  }
  return hash;
}
