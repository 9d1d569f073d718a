// What can be chosen for a run in fewer bits, beside the choices of chapter 06.
#pragma once

#include "chapters/06_data_parallel/data_parallel_options.h"
#include "chapters/11_fewer_bits/precision_options.h"

struct FewerBitsOptions : DataParallelOptions, PrecisionOptions {
  std::string weights = "master";
  std::string messages = "float";  // in what gradients travel; bf16-sums: and their sums are kept in

  using DataParallelOptions::DataParallelOptions;
  void declare(Options& options);
  void apply(Dataset& train) const;  // as in chapter 06; also checks that the choices fit together.  Throws Error.
};
