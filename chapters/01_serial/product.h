// What a matrix product reads, and what becomes of its elements: plain words that kernels understand as well.
#pragma once

#include <cstddef>

enum class Activation { none, relu };
enum class Write { overwrite, accumulate };

// A matrix in memory: element (r, c) is data[r * row_step + c * column_step].  A transposed view of the same memory
// swaps the steps, so one product serves x · w, xᵀ · dy and dy · wᵀ.
struct MatrixView {
  const float* data;
  size_t row_step, column_step;
  MatrixView transposed() const { return {data, column_step, row_step}; }
};
inline MatrixView row_major(const float* data, int columns) { return {data, size_t(columns), 1}; }

// What becomes of a finished element of the product while it is still in a register.
struct Finish {
  const float* bias = nullptr;  // (n), added if not null
  Activation activation = Activation::none;
  Write write = Write::overwrite;
};
