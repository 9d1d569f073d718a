// A block of warps, each with a tile of c of its own; steps 8 to 14 use it.
//
// In steps 8 to 13 a warp has 64 x 32 elements and is 8 x 4 lanes. Each lane's 8 x 8 elements are four tiles of 4 x 4, so that
// the tiles of neighbouring lanes lie side by side:
//
//   a warp's 64 x 32 elements:          columns 0-15     columns 16-31
//                         rows  0-31    4 x 4 of each    4 x 4 of each
//                         rows 32-63    4 x 4 of each    4 x 4 of each
#pragma once

#include "chapters/03_fast_kernels/block_order.h"
#include "chapters/03_fast_kernels/double_buffer.cuh"

namespace fast {

// How a block's part of c is dealt out: to warps, to their lanes, own x own elements for each lane.
template <int warps_down, int warps_across_, int lanes_down = 8, int own_ = 8, int depth_ = panel_depth>
struct Tile {
  static constexpr int warps_across = warps_across_, lanes_across = 32 / lanes_down, own = own_, depth = depth_;
  static constexpr int threads = 32 * warps_down * warps_across;
  static constexpr int warp_rows = lanes_down * own, warp_columns = lanes_across * own;
  static constexpr int rows = warps_down * warp_rows, columns = warps_across * warp_columns;
  static constexpr int group = group_of<own>, row_second = warp_rows / 2, column_second = warp_columns / 2;
};
using LargeTile = Tile<2, 4>;  // 128 x 128 elements, 256 threads

// Step 12: a group of neighbours is written by one instruction, where it lies in c and begins at a multiple of its bytes.
template <int own>
__device__ void write_own_wide(float* c, const float (&sum)[own][own], int row, int row_second, int column,
                               int column_second, int m, int n, const Finish& finish) {
  constexpr int group = group_of<own>;
  if (size_t(c) % sizeof(float4) != 0 || n % 4 != 0)
    return write_own(c, sum, row, row_second, column, column_second, m, n, finish);
#pragma unroll
  for (int i = 0; i < own; ++i)
#pragma unroll
    for (int first = 0; first < own; first += group) {
      const int r = row + i % group + i / group * row_second, j = column + first / group * column_second;
      if (r >= m || j >= n) continue;  // n is a multiple of the group: all of it or nothing
      auto* place = reinterpret_cast<Together<group>*>(c + size_t(r) * size_t(n) + size_t(j));
      Together<group> written{};
      if (finish.write == Write::accumulate) written = *place;
#pragma unroll
      for (int q = 0; q < group; ++q) {
        const float value = finished(sum[i][first + q], j + q, finish);
        written.number[q] = finish.write == Write::accumulate ? written.number[q] + value : value;
      }
      *place = written;
    }
}

struct FirstOfLane {
  int row, column;  // of c, where the first element of a lane stands
};

// A lane's sums of its own x own elements, and where they belong. What is done with them is the caller's.
template <class Tile, Savings savings>
__device__ FirstOfLane sums_of_warp_tiles(float (&sum)[Tile::own][Tile::own], const MatrixView& a, const MatrixView& b_transposed, int m,
                                          int n, int k) {
  BlockPlace block{blockIdx.x, blockIdx.y};
  if constexpr (savings.in_bands) block = block_in_bands(blockIdx.x, blockIdx.y, gridDim.x, gridDim.y);
  const int first_row = int(block.row) * Tile::rows, first_column = int(block.column) * Tile::columns;
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
  const int row = warp / Tile::warps_across * Tile::warp_rows + lane / Tile::lanes_across * Tile::group;
  const int column = warp % Tile::warps_across * Tile::warp_columns + lane % Tile::lanes_across * Tile::group;
  multiply_double_buffered<Tile::rows, Tile::columns, Tile::threads, Tile::depth, savings>(
      sum, a, b_transposed, first_row, first_column, m, n, k, row, Tile::row_second, column, Tile::column_second);
  return {first_row + row, first_column + column};
}

template <class Tile, Savings savings = Savings{}>
__device__ void multiply_warp_tiles(float* c, const MatrixView& a, const MatrixView& b_transposed, int m,
                                    int n, int k, const Finish& finish) {
  float sum[Tile::own][Tile::own] = {};
  const FirstOfLane first = sums_of_warp_tiles<Tile, savings>(sum, a, b_transposed, m, n, k);
  if constexpr (savings.wide_stores)
    write_own_wide(c, sum, first.row, Tile::row_second, first.column, Tile::column_second, m, n, finish);
  else
    write_own(c, sum, first.row, Tile::row_second, first.column, Tile::column_second, m, n, finish);
}

}  // namespace fast
