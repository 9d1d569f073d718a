// In what numbers a program trains: the choices that programs from here on share.
#pragma once

#include <memory>
#include <string>

#include "chapters/11_fewer_bits/loss_scale.h"
#include "chapters/11_fewer_bits/sixteen_bits.h"

struct PrecisionOptions {
  std::string precision = "float";
  LossScaleOptions loss_scale;
  std::string instruction = "auto";

  void declare(Options& options);
  // Throws Error if they do not fit together, or not to these choices of the program.
  void apply(const std::string& device, bool compare_with_serial) const;

  // Whether steps go through a LossScale: with other numbers than floats also for a scale of 1, since they may overflow.
  bool scales() const { return precision != "float" || loss_scale.dynamic || loss_scale.initial != 1; }
  // Whether products of bf16 take the processor's instruction for them.
  bool by_instruction() const;
  const SixteenBits* format() const { return precision == "float" ? nullptr : &sixteen_bits(precision.c_str()); }
  std::unique_ptr<Device> make_device(const std::string& device, int local_rank) const;
};
