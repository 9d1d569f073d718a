// A block of warps, each with 64 x 32 elements of c; steps 8 to 10 use it.
//
// A warp is 8 x 4 lanes. Each lane's 8 x 8 elements are four tiles of 4 x 4, so that the tiles of neighbouring lanes lie side
// by side:
//
//   a warp's 64 x 32 elements:          columns 0-15     columns 16-31
//                         rows  0-31    4 x 4 of each    4 x 4 of each
//                         rows 32-63    4 x 4 of each    4 x 4 of each
#pragma once

#include "chapters/03_fast_kernels/double_buffer.cuh"

namespace fast {

constexpr int warp_rows = 64, warp_columns = 32;

template <int warps_down, int warps_across>
__device__ void multiply_warp_tiles(float* c, const MatrixView& a, const MatrixView& b_transposed, int m,
                                    int n, int k, const Finish& finish) {
  constexpr int rows = warp_rows * warps_down, columns = warp_columns * warps_across;
  const int first_row = int(blockIdx.x) * rows, first_column = int(blockIdx.y) * columns;
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
  const int row = warp / warps_across * warp_rows + lane / 4 * 4;
  const int column = warp % warps_across * warp_columns + lane % 4 * 4;

  float sum[8][8] = {};
  multiply_double_buffered<rows, columns, 32 * warps_down * warps_across>(
      sum, a, b_transposed, first_row, first_column, m, n, k, row, warp_rows / 2, column, warp_columns / 2);
  write_eight_by_eight(c, sum, first_row + row, warp_rows / 2, first_column + column, warp_columns / 2, m, n,
                       finish);
}

}  // namespace fast
