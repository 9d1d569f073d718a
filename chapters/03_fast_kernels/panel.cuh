// A panel: the part of a matrix that a block has in shared memory, stored so that it is read in the order of its use.
//
// panel[p][i] is element (first + i, first_p + p) of a view. For step p along k a thread needs 8 neighbours i: they lie
// side by side and are read as two float4. Both matrices are stored so: a as it is, b through its transposed view, whose
// rows are the columns of b. That transposes while copying, whichever way the matrix lies in global memory.
#pragma once

#include "chapters/03_fast_kernels/element.cuh"

namespace fast {

constexpr int panel_depth = 16;
// Unused words after each row. Shared memory has 32 banks, which give one word each at a time; word w lies in bank w % 32.
// With rows of 64 words all rows would begin in bank 0, and lanes that write one column would wait for each other.
constexpr int panel_gap = 4;

template <int edge>
using Panel = float[panel_depth][edge + panel_gap];

// Whether four neighbours in memory can be read as one float4: it must begin at a multiple of 16 bytes.
__device__ inline bool is_wide(const MatrixView& v) {
  const size_t other_step = v.row_step == 1 ? v.column_step : v.row_step;
  return size_t(v.data) % sizeof(float4) == 0 && other_step % 4 == 0;
}

// Four elements of a view along its rows (step 1 in i) or along k (step 1 in p), zeros outside of (rows, k).
__device__ inline float4 four_rows(const MatrixView& v, int i, int p, int rows, int k, bool wide) {
  if (wide && i + 3 < rows && p < k)
    return *reinterpret_cast<const float4*>(v.data + size_t(p) * v.column_step + size_t(i));
  return {element_or_zero(v, i, p, rows, k), element_or_zero(v, i + 1, p, rows, k),
          element_or_zero(v, i + 2, p, rows, k), element_or_zero(v, i + 3, p, rows, k)};
}
__device__ inline float4 four_along_k(const MatrixView& v, int i, int p, int rows, int k, bool wide) {
  if (wide && i < rows && p + 3 < k)
    return *reinterpret_cast<const float4*>(v.data + size_t(i) * v.row_step + size_t(p));
  return {element_or_zero(v, i, p, rows, k), element_or_zero(v, i, p + 1, rows, k),
          element_or_zero(v, i, p + 2, rows, k), element_or_zero(v, i, p + 3, rows, k)};
}

// A panel is filled in groups of four numbers that lie side by side in memory: four rows of one step, or four steps of one row.
struct Place {
  int i, p;  // in the panel
};
template <int edge>
__device__ Place place_in_panel(const MatrixView& v, int group) {
  if (v.row_step == 1) return {group % (edge / 4) * 4, group / (edge / 4)};
  return {group / (panel_depth / 4), group % (panel_depth / 4) * 4};
}
__device__ inline float4 four_of(const MatrixView& v, int i, int p, int rows, int k, bool wide) {
  return v.row_step == 1 ? four_rows(v, i, p, rows, k, wide)
                         : four_along_k(v, i, p, rows, k, wide && v.column_step == 1);
}
template <int edge>
__device__ void store_four(Panel<edge>& panel, Place at, const MatrixView& v, float4 four) {
  if (v.row_step == 1) {
    *reinterpret_cast<float4*>(&panel[at.p][at.i]) = four;
  } else {
    panel[at.p][at.i] = four.x;
    panel[at.p + 1][at.i] = four.y;
    panel[at.p + 2][at.i] = four.z;
    panel[at.p + 3][at.i] = four.w;
  }
}

// Fills a panel with the rows [first, first + edge) and the steps [first_p, first_p + panel_depth) of a (rows, k) view.
template <int edge, int threads>
__device__ void load_panel(Panel<edge>& panel, const MatrixView& v, int first, int first_p, int rows, int k) {
  const bool wide = is_wide(v);
  for (int group = int(threadIdx.x); group < edge * panel_depth / 4; group += threads) {
    const Place at = place_in_panel<edge>(v, group);
    store_four<edge>(panel, at, v, four_of(v, first + at.i, first_p + at.p, rows, k, wide));
  }
}

// values[0 .. 7] = from[0 .. 3] and from[second .. second + 3], as two float4.
__device__ inline void read_eight(float (&values)[8], const float* from, int second) {
  const float4 low = *reinterpret_cast<const float4*>(from),
               high = *reinterpret_cast<const float4*>(from + second);
  values[0] = low.x, values[1] = low.y, values[2] = low.z, values[3] = low.w;
  values[4] = high.x, values[5] = high.y, values[6] = high.z, values[7] = high.w;
}

// sum (8, 8) += the products along the panels' steps of a_panel's rows and b_panel's rows; the thread's eight are the four
// from `row` and the four from row + row_second, and likewise for columns.
template <int a_edge, int b_edge>
__device__ void multiply_panels(float (&sum)[8][8], const Panel<a_edge>& a_panel,
                                const Panel<b_edge>& b_panel, int row, int row_second, int column,
                                int column_second) {
  for (int p = 0; p < panel_depth; ++p) {
    float a_column[8], b_row[8];
    read_eight(a_column, &a_panel[p][row], row_second);
    read_eight(b_row, &b_panel[p][column], column_second);
    for (int i = 0; i < 8; ++i)
      for (int j = 0; j < 8; ++j) sum[i][j] += a_column[i] * b_row[j];
  }
}

// Writes a thread's 8 x 8 elements, whose rows and columns are two groups of four each. Registers have no addresses: only when
// both loops are unrolled is every index a constant and `sum` never in memory.
__device__ inline void write_eight_by_eight(float* c, const float (&sum)[8][8], int row, int row_second,
                                            int column, int column_second, int m, int n,
                                            const Finish& finish) {
#pragma unroll
  for (int i = 0; i < 8; ++i)
#pragma unroll
    for (int j = 0; j < 8; ++j)
      write_element(c, sum[i][j], row + i % 4 + i / 4 * row_second, column + j % 4 + j / 4 * column_second, m,
                    n, finish);
}

}  // namespace fast
