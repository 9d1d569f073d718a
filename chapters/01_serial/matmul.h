// The matrix product on one core, twice: three plain loops, and one routine that comes near the core's peak.
#pragma once

#include <vector>

#include "chapters/01_serial/product.h"

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
