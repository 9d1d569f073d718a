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

template <int edge, int depth = panel_depth>
using Panel = float[depth][edge + panel_gap];

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
// Along k four groups of a row, 64 bytes, are read by four neighbours; deeper panels have more than that in a row.
template <int edge>
__device__ Place place_in_panel(const MatrixView& v, int group) {
  if (v.row_step == 1) return {group % (edge / 4) * 4, group / (edge / 4)};
  return {group / 4 % edge, (group % 4 + group / (4 * edge) * 4) * 4};
}
__device__ inline float4 four_of(const MatrixView& v, int i, int p, int rows, int k, bool wide) {
  return v.row_step == 1 ? four_rows(v, i, p, rows, k, wide)
                         : four_along_k(v, i, p, rows, k, wide && v.column_step == 1);
}
template <int edge, int depth>
__device__ void store_four(Panel<edge, depth>& panel, Place at, const MatrixView& v, float4 four) {
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
    store_four<edge, panel_depth>(panel, at, v, four_of(v, first + at.i, first_p + at.p, rows, k, wide));
  }
}

// `count` numbers that one instruction moves, from an address that is a multiple of their bytes; of four, CUDA's float4.
template <int count>
struct alignas(count * sizeof(float)) Together {
  float number[count];
};
// A thread's part of c has own x own elements, in groups: of eight rows four lie together and four `second` further down.
template <int own>
constexpr int group_of = own < 4 ? own : 4;

// values = the group at `from` and, of eight, the one at from + second.
template <int own>
__device__ inline void read_own(float (&values)[own], const float* from, int second) {
  constexpr int group = group_of<own>;
#pragma unroll
  for (int first = 0; first < own; first += group) {
    const auto read = *reinterpret_cast<const Together<group>*>(from + first / group * second);
#pragma unroll
    for (int i = 0; i < group; ++i) values[first + i] = read.number[i];
  }
}

// sum (own, own) += the products along the panels' steps of a_panel's rows and b_panel's rows; the thread's are a group from
// `row` and, of eight, another from row + row_second, and likewise for columns. From step 10 on two steps are written out (four
// make nvcc keep more numbers than it has registers, see results/resources.md); before, none, whatever the compiler would choose.
template <int a_edge, int b_edge, int depth = panel_depth, bool unrolled = false, int own>
__device__ void multiply_panels(float (&sum)[own][own], const Panel<a_edge, depth>& a_panel,
                                const Panel<b_edge, depth>& b_panel, int row, int row_second, int column,
                                int column_second) {
#pragma unroll(unrolled ? 2 : 1)
  for (int p = 0; p < depth; ++p) {
    float a_column[own], b_row[own];
    read_own(a_column, &a_panel[p][row], row_second);
    read_own(b_row, &b_panel[p][column], column_second);
    for (int i = 0; i < own; ++i)
      for (int j = 0; j < own; ++j) sum[i][j] += a_column[i] * b_row[j];
  }
}

// Writes a thread's elements. Registers have no addresses: only when both loops are unrolled is every index a constant and
// `sum` never in memory.
template <int own>
__device__ void write_own(float* c, const float (&sum)[own][own], int row, int row_second, int column,
                          int column_second, int m, int n, const Finish& finish) {
  constexpr int group = group_of<own>;
#pragma unroll
  for (int i = 0; i < own; ++i)
#pragma unroll
    for (int j = 0; j < own; ++j)
      write_element(c, sum[i][j], row + i % group + i / group * row_second,
                    column + j % group + j / group * column_second, m, n, finish);
}

}  // namespace fast
