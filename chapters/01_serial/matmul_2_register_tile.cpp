// The product, step 2 of 3: a tile of c stays in registers.
//
// Step 1 has two loads and a store for every multiply-add, and a core does about as many multiply-adds at a time as loads. So
// keep the sums of a whole tile in registers while p walks along k: per turn load two vectors of b, broadcast one value of
// a for each row, and do 2 * tile_rows fused multiply-adds. No store.
//
// What is left to wish: b must lie side by side along its rows to be loaded as vectors. Where it does not (a transposed
// view, or the last columns), its values are collected one by one. Step 3 mends that.
#include "chapters/01_serial/matmul_tile.h"

namespace {

// Columns [first, first + vector_floats) of one row of b, one by one; those past the last one repeat it.
Vector collect(const float* b_row, size_t step, int first, int columns) {
  Vector values;
  for (int lane = 0; lane < vector_floats; ++lane)
    values[lane] = b_row[size_t(std::min(first + lane, columns - 1)) * step];
  return values;
}

// tile (tile_rows, tile_columns) = the product of `rows` rows of a and `columns` columns of b, all of k. Where there are
// fewer than the tile has, the last one is computed several times.
template <bool side_by_side>
ALL_REGISTERS void kernel(float* tile, MatrixView a, MatrixView b, int rows, int columns, int k) {
  const float* a_row[tile_rows];
  for (int r = 0; r < tile_rows; ++r) a_row[r] = a.data + size_t(std::min(r, rows - 1)) * a.row_step;

  Vector sum[tile_rows][2] = {};
  for (int p = 0; p < k; ++p, b.data += b.row_step) {
    Vector b_row[2];
    for (int v = 0; v < 2; ++v)
      b_row[v] = side_by_side ? ((const Vector*)b.data)[v]
                              : collect(b.data, b.column_step, v * vector_floats, columns);
#pragma GCC unroll 16
    for (int r = 0; r < tile_rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < 2; ++v) sum[r][v] += a_row[r][size_t(p) * a.column_step] * b_row[v];
  }
#pragma GCC unroll 16
  for (int r = 0; r < tile_rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) ((Vector*)tile)[2 * r + v] = sum[r][v];
}

}  // namespace

void matmul_register_tile(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, MatmulWorkspace&) {
  alignas(64) float tile[tile_rows * tile_columns];
  for (int j = 0; j < n; j += tile_columns)
    for (int i = 0; i < m; i += tile_rows) {
      const int rows = std::min(tile_rows, m - i), columns = std::min(tile_columns, n - j);
      const MatrixView a_part{a.data + size_t(i) * a.row_step, a.row_step, a.column_step};
      const MatrixView b_part{b.data + size_t(j) * b.column_step, b.row_step, b.column_step};
      if (b.column_step == 1 && columns == tile_columns)
        kernel<true>(tile, a_part, b_part, rows, columns, k);
      else
        kernel<false>(tile, a_part, b_part, rows, columns, k);
      for (int r = 0; r < rows; ++r)
        finish_row(c + size_t(i + r) * size_t(n) + j, tile + r * tile_columns, finish.bias ? finish.bias + j : nullptr,
                   finish, columns);
    }
}
