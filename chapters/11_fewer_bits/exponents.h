// How large the numbers of a training step are: how many of them have which exponent.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "chapters/01_serial/serial_training.h"
#include "chapters/11_fewer_bits/formats.h"

// The numbers of one kind, zeros left out: no format loses them.
struct Numbers {
  std::string kind;
  std::vector<float> values;

  void add(const float* p, size_t n);
  std::map<int, size_t> by_exponent() const;
  // The share of them that the format makes zero, or infinite.
  double made_zero(const Format& format) const;
  double made_infinite(const Format& format) const;
};

// The weights, the outputs of the hidden layers, the gradients of these and of the logits, and the gradients of the weights,
// of one more step of `training`.
std::array<Numbers, 4> numbers_of_a_step(SerialTraining& training, const Dataset& data, std::span<const uint32_t> order,
                                         Range batch);
