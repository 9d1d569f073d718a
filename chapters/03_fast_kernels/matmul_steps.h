// The products of matmul.h as a list, with what tests and benchmarks have to know of each.
#pragma once

#include <vector>

#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

struct Step {
  const char* name = "";
  Matmul* matmul = nullptr;
  int edge = 1;               // of the largest square block: where sizes are worth a test
  double input_rounding = 0;  // relative error of an input as the multiplier sees it
  bool needs_ampere = false;  // compute capability 8.0 or later
};
const std::vector<Step>& matmul_steps();

// Whether the current device can run this step.
bool can_run(const Step& step);

}  // namespace fast
