// One number that changes when any bit of an array changes: how runs show that they ended with the same weights.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

// FNV-1a (Fowler, Noll, Vo), 64 bits, goes on with one more byte.
constexpr uint64_t hash_begin = 0xcbf29ce484222325u;
constexpr uint64_t hash_on(uint64_t hash, uint8_t byte) { return (hash ^ byte) * 0x100000001b3u; }

inline uint64_t hash_text(std::string_view text) {
  uint64_t hash = hash_begin;
  for (const char c : text) hash = hash_on(hash, uint8_t(c));
  return hash;
}

// Over the bytes of the values; 0.0 and -0.0 differ.
inline uint64_t hash_bits(std::span<const float> values) {
  uint64_t hash = hash_begin;
  for (float value : values) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    for (int byte = 0; byte < 4; ++byte) hash = hash_on(hash, uint8_t(bits >> 8 * byte));
  }
  return hash;
}
