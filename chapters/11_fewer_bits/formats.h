// Number formats of 32 bits and fewer: what a number becomes in each. Exact, and written for the reader: rounding is one
// division by the spacing. Whole arrays are rounded by sixteen_bits.h, which tests compare with this.
//
// A number is (-1)^sign · 1.fraction · 2^exponent. Where the exponent would be smaller than the smallest one, it stays there, and
// the number is 0.fraction · 2^smallest: a denormal.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

struct Format {
  const char* name;
  int exponent_bits, fraction_bits;
  bool denormals = true;  // false: what would be one becomes zero

  constexpr int bits() const { return 1 + exponent_bits + fraction_bits; }
  constexpr int largest_exponent() const { return (1 << (exponent_bits - 1)) - 1; }
  constexpr int smallest_exponent() const { return 1 - largest_exponent(); }
  double largest() const { return std::ldexp(2 - std::ldexp(1.0, -fraction_bits), largest_exponent()); }
  double smallest_normal() const { return std::ldexp(1.0, smallest_exponent()); }
  double smallest() const { return denormals ? std::ldexp(1.0, smallest_exponent() - fraction_bits) : smallest_normal(); }
};

inline constexpr Format float_format{"float", 8, 23};
inline constexpr Format tf32_format{"tf32", 8, 10};  // what a tensor core keeps of a float
inline constexpr Format bf16_format{"bf16", 8, 7};
inline constexpr Format half_format{"half", 5, 10};  // IEEE 754 calls it binary16
inline constexpr Format half_flushed_format{"half-flushed", 5, 10, false};
inline constexpr Format formats[] = {float_format, tf32_format, bf16_format, half_format, half_flushed_format};

// From one number of the format to the next, around x. x is finite.
inline double spacing(double x, const Format& f) {
  const int exponent = x == 0 ? f.smallest_exponent() : std::max(std::ilogb(x), f.smallest_exponent());
  return std::ldexp(1.0, exponent - f.fraction_bits);
}

// What is not a number of the format because it is too large or too small.
inline double within_range(double x, const Format& f) {
  if (std::abs(x) > f.largest()) return std::copysign(std::numeric_limits<double>::infinity(), x);
  if (!f.denormals && std::abs(x) < f.smallest_normal()) return std::copysign(0.0, x);
  return x;
}

// x to the nearest number of the format; halfway between two, to the even one, whose last bit is 0.
inline float rounded(float x, const Format& f) {
  if (!std::isfinite(x)) return x;
  const double s = spacing(x, f);  // a power of two: the division is exact
  return float(within_range(std::nearbyint(x / s) * s, f));  // nearbyint rounds halves to even
}

// x to one of its two neighbours in the format: up with the probability of the share that it has gone from the lower one. So
// the mean over all words is x. word: 32 random bits. A number of the format stays.
inline float rounded_stochastically(float x, const Format& f, uint32_t word) {
  if (!std::isfinite(x)) return x;
  const double s = spacing(x, f), steps = std::abs(double(x)) / s, below = std::floor(steps);
  const bool up = double(word) < (steps - below) * 0x1p32;
  return float(within_range(std::copysign((below + up) * s, x), f));
}
