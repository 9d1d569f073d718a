// How steps 7 to 14 walk along k: the next panels arrive while these are used.
//
// Until step 6 a block fetches, waits, computes, and fetches again: memory and arithmetic take turns. With two pairs of
// panels the next pair is fetched during the multiplications from the present one.
//
//   fetch    | panel 0 | panel 1 | panel 0 | panel 1 |
//   multiply |         | panel 0 | panel 1 | panel 0 | panel 1
//
// There are two ways to fetch without waiting. __pipeline_memcpy_async copies 16 bytes from global to shared memory through no
// register (from compute capability 8.0 on; earlier GPUs copy at once, and the kernel is right all the same). But it copies
// numbers as they lie, and so it serves only a matrix whose neighbours along a panel's row are neighbours in memory. All
// others, and the edges, are loaded into registers and stored into the panel after the multiplications: a GPU's load is waited
// for only where its result is first used.
#pragma once

#include <cuda_pipeline.h>

#include "chapters/03_fast_kernels/panel.cuh"

namespace fast {

// What the later steps leave out, one more each.
struct Savings {
  bool unrolled = false;     // 10: the counter of steps along k, and its jump
  bool unchecked = false;    // 11: the question where the edge is, for panels that lie inside
  bool wide_stores = false;  // 12: three of four stores
  bool in_bands = false;     // 13: part of the reads from memory, by another order of the blocks
};

// What a thread fetches of one panel: some groups of four numbers.
template <int edge, int threads, int depth>
struct Coming {
  static constexpr int groups = edge * depth / 4 / threads;
  static_assert(groups * 4 * threads == edge * depth, "every thread fetches as much");
  float4 four[groups];
};

// Whether a group of four from (i, p) on is copied as it lies.
__device__ inline bool is_copied(const MatrixView& v, int i, int p, int rows, int k, bool wide) {
  return wide && v.row_step == 1 && i + 3 < rows && p < k;
}
// Whether all groups of a panel can be read as float4. The answer is the same for all threads of the block.
template <int edge, int depth>
__device__ bool is_inside(const MatrixView& v, int first, int first_p, int rows, int k) {
  return is_wide(v) && first + edge <= rows && first_p + depth <= k;
}

// Starts to fetch a panel, as load_panel does: copies go to `panel`, the rest to `coming`.
template <bool unchecked, int edge, int threads, int depth>
__device__ void begin_panel(Panel<edge, depth>& panel, Coming<edge, threads, depth>& coming,
                            const MatrixView& v, int first, int first_p, int rows, int k) {
  constexpr int groups = Coming<edge, threads, depth>::groups;
  if (unchecked && is_inside<edge, depth>(v, first, first_p, rows, k)) {
    const float* from = v.data + size_t(first) * v.row_step + size_t(first_p) * v.column_step;
#pragma unroll
    for (int g = 0; g < groups; ++g) {
      const Place at = place_in_panel<edge>(v, int(threadIdx.x) + g * threads);
      const float* four = from + size_t(at.i) * v.row_step + size_t(at.p) * v.column_step;
      if (v.row_step == 1)
        __pipeline_memcpy_async(&panel[at.p][at.i], four, sizeof(float4));
      else
        coming.four[g] = *reinterpret_cast<const float4*>(four);
    }
    return;
  }
  const bool wide = is_wide(v);
#pragma unroll
  for (int g = 0; g < groups; ++g) {
    const Place at = place_in_panel<edge>(v, int(threadIdx.x) + g * threads);
    const int i = first + at.i, p = first_p + at.p;
    if (is_copied(v, i, p, rows, k, wide))
      __pipeline_memcpy_async(&panel[at.p][at.i], v.data + size_t(p) * v.column_step + size_t(i),
                              sizeof(float4));
    else
      coming.four[g] = four_of(v, i, p, rows, k, wide);
  }
}

// Stores what has not been copied.
template <bool unchecked, int edge, int threads, int depth>
__device__ void end_panel(Panel<edge, depth>& panel, const Coming<edge, threads, depth>& coming,
                          const MatrixView& v, int first, int first_p, int rows, int k) {
  const bool inside = unchecked && is_inside<edge, depth>(v, first, first_p, rows, k), wide = is_wide(v);
  if (inside && v.row_step == 1) return;
#pragma unroll
  for (int g = 0; g < Coming<edge, threads, depth>::groups; ++g) {
    const Place at = place_in_panel<edge>(v, int(threadIdx.x) + g * threads);
    if (inside || !is_copied(v, first + at.i, first_p + at.p, rows, k, wide))
      store_four<edge, depth>(panel, at, v, coming.four[g]);
  }
}

// sum (own, own) += this thread's part of a · b, where the block's part of c has `rows` x `columns` elements and begins at
// (first_row, first_column). Which rows and columns of it are the thread's is said as in multiply_panels.
template <int rows, int columns, int threads, int depth = panel_depth, Savings savings = Savings{}, int own>
__device__ void multiply_double_buffered(float (&sum)[own][own], const MatrixView& a,
                                         const MatrixView& b_transposed, int first_row, int first_column,
                                         int m, int n, int k, int row, int row_second, int column,
                                         int column_second) {
  __shared__ __align__(16) Panel<rows, depth> a_panels[2];
  __shared__ __align__(16) Panel<columns, depth> b_panels[2];
  constexpr bool unchecked = savings.unchecked;
  Coming<rows, threads, depth> a_coming;
  Coming<columns, threads, depth> b_coming;

  // One turn more than there are panels: turn t fetches panel t and multiplies panel t - 1.
  for (int first = 0, turn = 0; first < k + depth; first += depth, ++turn) {
    const int coming = turn % 2, present = 1 - coming;
    if (first < k) {
      begin_panel<unchecked>(a_panels[coming], a_coming, a, first_row, first, m, k);
      begin_panel<unchecked>(b_panels[coming], b_coming, b_transposed, first_column, first, n, k);
      __pipeline_commit();
    }
    if (turn > 0)
      multiply_panels<rows, columns, depth, savings.unrolled>(sum, a_panels[present], b_panels[present], row,
                                                              row_second, column, column_second);
    if (first < k) {
      end_panel<unchecked>(a_panels[coming], a_coming, a, first_row, first, m, k);
      end_panel<unchecked>(b_panels[coming], b_coming, b_transposed, first_column, first, n, k);
    }
    __pipeline_wait_prior(0);  // this thread's copies have arrived
    __syncthreads();           // so have those of all threads, and all have read the present panels
  }
}

}  // namespace fast
