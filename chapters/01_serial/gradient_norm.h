// The length of a gradient, and gradients that are not longer than a limit: for chapters 06, 07 and 10, skip it now.
//
// A batch may have a gradient much longer than usual, and a step along it may undo many others. Clipping keeps its direction and
// shortens it: g = g · limit / |g|, where |g|, the square root of the sum of all squares, is more than the limit.
//
// |g| is one number for the *whole* network. Where the gradient lies in pieces on many ranks, each adds the squares of its pieces, and
// the ranks add their sums. Floating-point sums would depend on how the pieces are cut. These here do not: they are whole numbers.
// A float is m · 2^e with a whole m of 24 bits, so its square is a whole multiple of 2^-298, the square of the smallest float. A
// number of 20 digits in base 2^32 holds any sum of such squares, exactly; and whole numbers can be added in any order.
// Source of the idea: Kulisch, "Computer arithmetic and validity", 2008: the long accumulator.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "chapters/01_serial/device.h"

class SquareSum {
 public:
  void add(std::span<const float> numbers);
  // Of n numbers in the device's memory.  Waits for the device.
  void add(Device& device, float* numbers, size_t n);

  double root() const;  // NaN if one of the numbers was not finite

  // The sum itself, lowest digit first, then how many numbers were not finite. The sums of several ranks are added place by place.
  static constexpr int places = 21;
  std::array<int64_t, places> digits{};

 private:
  void carry();
};

// By what to multiply a gradient whose squares have this sum: 1, or less if it is longer than `limit`.
float clip_factor(const SquareSum& sum, double limit);

// g (n) *= the factor.  For a gradient that lies on one rank as a whole; limit 0: does nothing.
void clip_gradient(Device& device, float* g, size_t n, double limit);
