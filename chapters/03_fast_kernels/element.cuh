// How all products read an element of a view and write a finished one. Both guard the edges, so that no kernel needs
// sizes that are multiples of its tiles.
#pragma once

#include "chapters/01_serial/product.h"

namespace fast {

// Element (row, column) of a (rows, columns) view; 0 outside of it, which adds nothing to a sum.
__device__ inline float element_or_zero(const MatrixView& v, int row, int column, int rows, int columns) {
  return row < rows && column < columns ? v.data[size_t(row) * v.row_step + size_t(column) * v.column_step]
                                        : 0.0f;
}

// What a finished sum in this column is before it is written.
__device__ inline float finished(float sum, int column, const Finish& finish) {
  const float value = finish.bias ? sum + finish.bias[column] : sum;
  return finish.activation == Activation::relu && value < 0 ? 0.0f : value;  // not fmaxf: a NaN must stay one
}

// c (m, n) at (row, column) = finish(sum); nothing outside.
__device__ inline void write_element(float* c, float sum, int row, int column, int m, int n,
                                     const Finish& finish) {
  if (row >= m || column >= n) return;
  const float value = finished(sum, column, finish);
  float& element = c[size_t(row) * size_t(n) + size_t(column)];
  element = finish.write == Write::accumulate ? element + value : value;
}

}  // namespace fast
