// Numbers of 16 bits in a GPU's memory, and the product of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/11_fewer_bits/bf16_product.h"

// As SixteenBits of sixteen_bits.h, on a stream, with the same bits (of a NaN only that it is one).
struct GpuConversions {
  void (*narrow)(uint16_t* to, const float* from, size_t n, cudaStream_t stream);
  void (*widen)(float* to, const uint16_t* from, size_t n, cudaStream_t stream);
  void (*round)(float* to, const float* from, size_t n, cudaStream_t stream);
  // Of stored numbers, as the device's operations of these names: computed in float and rounded, in one kernel.
  void (*relu_backward)(uint16_t* dy, const uint16_t* y, size_t n, cudaStream_t stream);
  void (*add_bias)(uint16_t* y, const float* b, bool relu, size_t n, size_t columns, cudaStream_t stream);  // b may be null
  void (*add)(uint16_t* y, const float* x, size_t n, cudaStream_t stream);
  void (*scale)(uint16_t* y, float factor, size_t n, cudaStream_t stream);
  void (*fill)(uint16_t* p, float value, size_t n, cudaStream_t stream);
  // sum (n) = ((x0 + x1) + x2) + ... of `count` vectors, `step` numbers apart; sum is none of them.
  void (*sum)(uint16_t* sum, const uint16_t* x, size_t step, int count, size_t n, cudaStream_t stream);
  fast::Matmul* matmul;  // on tensor cores: of operands of floats that are rounded so, sums in float
  bool product_rounds;   // it does so itself, with the same bits
  // The same of operands of which some are stored; null: there is none.
  void (*product)(float* c, const Bf16View& a, const Bf16View& b, int m, int n, int k, Finish finish, cudaStream_t stream);
};

// gpu_product.cu
void gpu_product_of_bf16(float* c, const Bf16View& a, const Bf16View& b, int m, int n, int k, Finish finish, cudaStream_t stream);

// name: of sixteen_bits.h.  Throws Error if the current GPU has no such product.
GpuConversions gpu_conversions(const std::string& name);
