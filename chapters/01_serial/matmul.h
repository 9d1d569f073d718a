// The matrix product on one core in three steps, each a file of one idea: matmul_1_loops.cpp, matmul_2_register_tile.cpp,
// matmul_3_packed.cpp. The third one trains. All have one signature:
//
//   c (m, n) = finish(a (m, k) · b (k, n))        c row-major; a and b may be transposed views; any sizes
#pragma once

#include <functional>
#include <vector>

#include "chapters/01_serial/product.h"

// Room for what a product copies. It grows as needed, and can be given again to the next call.
using MatmulWorkspace = std::vector<float>;

using Matmul = void(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, MatmulWorkspace& workspace);

Matmul matmul_loops;          // the definition: three loops
Matmul matmul_register_tile;  // a tile of c stays in registers
Matmul matmul_packed;         // and a and b are copied first; keeps the arithmetic contract of device.h
// The same, and calls `meanwhile`, if it holds anything, after each panel of columns. (For chapters 06 to 10, skip it now.)
void matmul_packed(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, MatmulWorkspace& workspace,
                   const std::function<void()>& meanwhile);

struct MatmulStep {
  const char* name;
  Matmul* matmul;
};
inline constexpr MatmulStep matmul_steps[] = {
    {"loops", matmul_loops}, {"tile", matmul_register_tile}, {"packed", matmul_packed}};

// What they were compiled to: floats in a vector register, and the tile of c in registers.
struct MatmulShape {
  int vector_floats, tile_rows, tile_columns;
};
MatmulShape matmul_shape();
