// The matrix product on one core, twice: three plain loops, and one routine that comes near the core's peak.
#pragma once

#include <cstddef>
#include <vector>

#include "chapters/01_serial/device.h"

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

// c (m, n) row-major = finish(a (m, k) · b (k, n)), by the definition.
void matmul_plain(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish = {});

// The same by packed, register-tiled blocks, under the arithmetic contract of device.h.
// workspace is grown as needed and can be given again to the next call.
using MatmulWorkspace = std::vector<float>;
void matmul_packed(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                   MatmulWorkspace& workspace);

// What matmul_packed was compiled to, for benchmarks: floats in a vector register, and the tile of c in registers.
struct MatmulShape {
  int vector_floats, tile_rows, tile_columns;
};
MatmulShape matmul_shape();
