// How many bits the weights have between two steps. A float master keeps small updates; weights of 16 bits lose those that are
// smaller than half of their spacing, unless they are rounded stochastically: then they are right on average.
#pragma once

#include <string>
#include <vector>

#include "chapters/11_fewer_bits/sixteen_bits.h"

class StoredWeights {
 public:
  // how: "master" (they stay floats), "rounded" or "stochastic".  format: null for floats, which always stay.
  // parameters (n): of a CPU device; they are rounded to nearest here, to begin with.
  StoredWeights(const std::string& how, const SixteenBits* format, float* parameters, size_t n, uint64_t seed);

  // After each optimizer step, which took gradients (n).
  void round(const float* gradients);

  // Of all weights with a gradient, in all steps: how many there were, and how many the step left as they were.
  double updates() const { return updates_; }
  double lost() const { return lost_; }

 private:
  const SixteenBits* format_;  // null: nothing is rounded
  bool stochastic_;
  float* parameters_;
  uint64_t seed_;
  uint32_t step_ = 0;
  std::vector<float> before_;
  double updates_ = 0, lost_ = 0;
};
