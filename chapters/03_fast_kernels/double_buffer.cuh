// How steps 7 to 10 walk along k: the next panels arrive while these are used.
//
// Until step 6 a block fetches, waits, computes, and fetches again: memory and arithmetic take turns. With two pairs of
// panels the copy into one pair runs during the multiplications from the other. __pipeline_memcpy_async starts a copy
// from global to shared memory that passes through no register and needs no waiting thread (from compute capability
// 8.0 on; earlier GPUs copy at once, and the kernel is right all the same).
//
//   copy     | panel 0 | panel 1 | panel 0 | panel 1 |
//   multiply |         | panel 0 | panel 1 | panel 0 | panel 1
//
// A copy moves 4, 8 or 16 bytes as they lie: it cannot transpose. So a matrix that is contiguous along k is copied 4 bytes
// at a time. Where a copy would leave the matrix it fills its destination with zeros instead: that is how edges are padded.
#pragma once

#include <cuda_pipeline.h>

#include "chapters/03_fast_kernels/panel.cuh"

namespace fast {

// Starts the copy of element (i, p) of a (rows, k) view, or of a zero.
__device__ inline void begin_element(float* to, const MatrixView& v, int i, int p, int rows, int k) {
  const bool inside = i < rows && p < k;
  const float* from = inside ? v.data + size_t(i) * v.row_step + size_t(p) * v.column_step : v.data;
  __pipeline_memcpy_async(to, from, sizeof(float), inside ? 0 : sizeof(float));
}

// load_panel without waiting: 16 bytes at a time where the panel takes them as they lie, else 4.
template <int edge, int threads>
__device__ void begin_panel(Panel<edge>& panel, const MatrixView& v, int first, int first_p, int rows, int k,
                            int thread) {
  const bool along_i = v.row_step == 1, wide = along_i && is_wide(v);
  for (int q = thread; q < edge * panel_depth / 4; q += threads) {
    const int i = along_i ? q % (edge / 4) * 4 : q / (panel_depth / 4);
    const int p = along_i ? q / (edge / 4) : q % (panel_depth / 4) * 4;
    if (wide && first + i + 3 < rows && first_p + p < k) {
      __pipeline_memcpy_async(&panel[p][i], v.data + size_t(first_p + p) * v.column_step + size_t(first + i),
                              sizeof(float4));
      continue;
    }
    for (int step = 0; step < 4; ++step) {
      const int j = along_i ? i + step : i, r = along_i ? p : p + step;
      begin_element(&panel[r][j], v, first + j, first_p + r, rows, k);
    }
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
  const int thread = int(threadIdx.x);
  // One turn more than there are panels: turn t starts the copy of panel t and multiplies panel t - 1.
  for (int first = 0, turn = 0; first < k + panel_depth; first += panel_depth, ++turn) {
    const int coming = turn % 2, present = 1 - coming;
    if (first < k) {
      begin_panel<rows, threads>(a_panels[coming], a, first_row, first, m, k, thread);
      begin_panel<columns, threads>(b_panels[coming], b_transposed, first_column, first, n, k, thread);
    }
    __pipeline_commit();
    if (turn == 0) continue;
    __pipeline_wait_prior(1);  // all but the newest: this thread's part of the present panels is there
    __syncthreads();           // and every other thread's part
    multiply_panels<rows, columns>(sum, a_panels[present], b_panels[present], row, row_second, column,
                                   column_second);
    __syncthreads();  // before the next turn copies over them
  }
}

}  // namespace fast
