// What CUDA itself says of this chapter's kernels on the GPU that is here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chapters/02_cuda/multiprocessor.h"

struct KernelOnGpu {
  std::string name;
  BlockSize block;  // as the chapter launches it, with the registers that the compiler gave it
  int blocks;       // on a multiprocessor, by cudaOccupancyMaxActiveBlocksPerMultiprocessor
};
struct Gpu {
  std::string name;
  Multiprocessor multiprocessor;
  std::vector<KernelOnGpu> kernels;
};

// Nothing where there is no GPU, or where the kernels were built for the CPU, which has no registers to count.
std::optional<Gpu> ask_cuda();
