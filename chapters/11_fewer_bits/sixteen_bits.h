// Numbers of 16 bits in memory: bf16, half, and half that flushes denormals. Loops without a branch, so that the compiler makes
// vectors of them; formats.h says what they compute.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "chapters/11_fewer_bits/formats.h"

// The upper half of a float, rounded to nearest even: adding 0x7fff, and 1 more where the last bit that stays is odd, carries into
// the upper half if the lower one is more than a half, or a half and the number odd. A NaN must not be carried away: it keeps
// its upper bits and becomes a quiet one.
inline uint16_t bf16_bits(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x), nan = u | 0x400000, nearest = u + 0x7fff + (u >> 16 & 1);
  return uint16_t(((u & 0x7fffffff) > 0x7f800000 ? nan : nearest) >> 16);
}
// Up where the part that is cut off, of 2^16, is larger than a random number of 16 bits: rounded_stochastically, for bf16.
inline uint16_t bf16_bits_stochastic(float x, uint32_t word) {
  if (!std::isfinite(x)) return bf16_bits(x);
  return uint16_t((std::bit_cast<uint32_t>(x) + (~word >> 16)) >> 16);
}
inline float bf16_value(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

// A float whose exponent is 112 = 127 - 15 smaller has the bits of a half in its upper part, behind the sign. Denormals of half:
// a float of 0.5 has the spacing 2^-24, theirs, so adding it rounds, and leaves the half's bits at the end of the sum.
inline uint16_t half_bits(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x), magnitude = u & 0x7fffffff;
  const uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
  const uint32_t denormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - std::bit_cast<uint32_t>(0.5f);
  const uint32_t finite = magnitude < 113u << 23 ? denormal : normal;
  const uint32_t large = magnitude > 0x7f800000 ? 0x7e00u | (u >> 13 & 0x3ff) : 0x7c00u;  // NaN, infinity
  const uint32_t half = magnitude >= 0x477ff000 ? large : finite;  // 65520: halfway from the largest to the next one
  return uint16_t(half | (u >> 16 & 0x8000));
}
inline float half_value(uint16_t bits) {
  const uint32_t magnitude = uint32_t(bits & 0x7fff) << 13;
  const float finite = std::bit_cast<float>(magnitude) * 0x1p112f;  // exact, for denormals, too
  const uint32_t u = magnitude >= 0x0f800000 ? magnitude | 0x7f800000 : std::bit_cast<uint32_t>(finite);
  return std::bit_cast<float>(u | uint32_t(bits & 0x8000) << 16);
}
inline uint16_t half_flushed_bits(float x) {
  const uint16_t bits = half_bits(x);
  return uint16_t(bits & 0x7c00 ? bits : bits & 0x8000);
}

// How a device stores numbers.
struct SixteenBits {
  Format format;
  void (*narrow)(uint16_t* to, const float* from, size_t n);  // rounds
  void (*widen)(float* to, const uint16_t* from, size_t n);   // exact
  void (*round)(float* to, const float* from, size_t n);      // both
};
// "bf16", "half" or "half-flushed".  Throws Error if the name is none of these.
const SixteenBits& sixteen_bits(const char* name);
