// How steps 7 to 10 walk along k: the next panels arrive while these are used.
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

// What a thread fetches of one panel: some groups of four numbers.
template <int edge, int threads>
struct Coming {
  static constexpr int groups = edge * panel_depth / 4 / threads;
  float4 four[groups];
};

// Whether a group of four from (i, p) on is copied as it lies.
__device__ inline bool is_copied(const MatrixView& v, int i, int p, int rows, int k, bool wide) {
  return wide && v.row_step == 1 && i + 3 < rows && p < k;
}

// Starts to fetch a panel, as load_panel does: copies go to `panel`, the rest to `coming`.
template <int edge, int threads>
__device__ void begin_panel(Panel<edge>& panel, Coming<edge, threads>& coming, const MatrixView& v, int first,
                            int first_p, int rows, int k) {
  const bool wide = is_wide(v);
#pragma unroll
  for (int g = 0; g < Coming<edge, threads>::groups; ++g) {
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
template <int edge, int threads>
__device__ void end_panel(Panel<edge>& panel, const Coming<edge, threads>& coming, const MatrixView& v,
                          int first, int first_p, int rows, int k) {
  const bool wide = is_wide(v);
#pragma unroll
  for (int g = 0; g < Coming<edge, threads>::groups; ++g) {
    const Place at = place_in_panel<edge>(v, int(threadIdx.x) + g * threads);
    if (!is_copied(v, first + at.i, first_p + at.p, rows, k, wide))
      store_four<edge>(panel, at, v, coming.four[g]);
  }
}

// sum (8, 8) += this thread's part of a · b, where the block's part of c has `rows` x `columns` elements and begins at
// (first_row, first_column). The thread's eight rows in it are the four from `row` and the four from row + row_second, and
// likewise for columns.
template <int rows, int columns, int threads>
__device__ void multiply_double_buffered(float (&sum)[8][8], const MatrixView& a,
                                         const MatrixView& b_transposed, int first_row, int first_column,
                                         int m, int n, int k, int row, int row_second, int column,
                                         int column_second) {
  __shared__ __align__(16) Panel<rows> a_panels[2];
  __shared__ __align__(16) Panel<columns> b_panels[2];
  Coming<rows, threads> a_coming;
  Coming<columns, threads> b_coming;

  // One turn more than there are panels: turn t fetches panel t and multiplies panel t - 1.
  for (int first = 0, turn = 0; first < k + panel_depth; first += panel_depth, ++turn) {
    const int coming = turn % 2, present = 1 - coming;
    if (first < k) {
      begin_panel(a_panels[coming], a_coming, a, first_row, first, m, k);
      begin_panel(b_panels[coming], b_coming, b_transposed, first_column, first, n, k);
      __pipeline_commit();
    }
    if (turn > 0)
      multiply_panels<rows, columns>(sum, a_panels[present], b_panels[present], row, row_second, column,
                                     column_second);
    if (first < k) {
      end_panel(a_panels[coming], a_coming, a, first_row, first, m, k);
      end_panel(b_panels[coming], b_coming, b_transposed, first_column, first, n, k);
    }
    __pipeline_wait_prior(0);  // this thread's copies have arrived
    __syncthreads();           // so have those of all threads, and all have read the present panels
  }
}

}  // namespace fast
