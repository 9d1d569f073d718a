// Numbers of 16 bits in a GPU's memory, and the product of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "chapters/03_fast_kernels/matmul.h"

// As SixteenBits of sixteen_bits.h, on a stream, with the same bits (of a NaN only that it is one).
struct GpuConversions {
  void (*narrow)(uint16_t* to, const float* from, size_t n, cudaStream_t stream);
  void (*widen)(float* to, const uint16_t* from, size_t n, cudaStream_t stream);
  void (*round)(float* to, const float* from, size_t n, cudaStream_t stream);
  fast::Matmul* matmul;  // on tensor cores: of operands of floats that are rounded so, sums in float
};

// name: of sixteen_bits.h.  Throws Error if the current GPU has no such product.
GpuConversions gpu_conversions(const std::string& name);
