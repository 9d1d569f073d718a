// What can be chosen for a run in fewer bits, beside the choices of chapter 06.
#pragma once

#include "chapters/06_data_parallel/data_parallel_options.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/loss_scale.h"

struct FewerBitsOptions : DataParallelOptions {
  std::string precision = "float";
  std::string weights = "master";
  std::string messages = "float";  // in what gradients travel; bf16-sums: and their sums are kept in
  LossScaleOptions loss_scale;
  bool no_instruction = false;

  using DataParallelOptions::DataParallelOptions;
  void declare(Options& options);
  void apply(Dataset& train) const;  // as in chapter 06; also checks that the choices fit together.  Throws Error.

  std::unique_ptr<Device> make_device(int local_rank) const;
  const SixteenBits* format() const { return precision == "float" ? nullptr : &sixteen_bits(precision.c_str()); }
};
