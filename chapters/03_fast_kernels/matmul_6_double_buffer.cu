// Step 6: the next panels arrive while these are used.
//
// Until now a block fetches, waits, computes, and fetches again: memory and arithmetic take turns. With two pairs of
// panels the copy into one pair runs during the multiplications from the other. __pipeline_memcpy_async starts a copy
// from global to shared memory that passes through no register and needs no waiting thread (from compute capability
// 8.0 on; earlier GPUs copy at once, and the kernel is right all the same).
//
//   copy     | panel 0 | panel 1 | panel 0 | panel 1 |
//   multiply |         | panel 0 | panel 1 | panel 0 | panel 1
//
// A copy moves 4, 8 or 16 bytes and can fill its destination with zeros instead: that is how edges are padded.
#include <cuda_pipeline.h>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/panel.cuh"

namespace fast {

namespace {
constexpr int edge = 64;
constexpr int threads = edge / 8 * (edge / 8);

// Starts the copy of element (i, p) of a (rows, k) view, or of a zero.
__device__ void begin_element(float* to, const MatrixView& v, int i, int p, int rows, int k) {
  const bool inside = i < rows && p < k;
  const float* from = inside ? v.data + size_t(i) * v.row_step + size_t(p) * v.column_step : v.data;
  __pipeline_memcpy_async(to, from, sizeof(float), inside ? 0 : sizeof(float));
}

// load_panel without waiting: 16 bytes at a time where the panel takes them as they lie, else 4.
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
}  // namespace

__global__ void __launch_bounds__(threads)
    matmul_double_buffer_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                                Finish finish) {
  __shared__ __align__(16) Panel<edge> a_panels[2];
  __shared__ __align__(16) Panel<edge> b_panels[2];
  const int first_row = int(blockIdx.x) * edge, first_column = int(blockIdx.y) * edge,
            thread = int(threadIdx.x);
  const int row = thread / (edge / 8) * 8, column = thread % (edge / 8) * 8;

  float sum[8][8] = {};
  // One turn more than there are panels: turn t starts the copy of panel t and multiplies panel t - 1.
  for (int first = 0, turn = 0; first < k + panel_depth; first += panel_depth, ++turn) {
    const int coming = turn % 2, present = 1 - coming;
    if (first < k) {
      begin_panel(a_panels[coming], a, first_row, first, m, k, thread);
      begin_panel(b_panels[coming], b_transposed, first_column, first, n, k, thread);
    }
    __pipeline_commit();
    if (turn == 0) continue;
    __pipeline_wait_prior(1);  // all but the newest: this thread's part of the present panels is there
    __syncthreads();           // and every other thread's part
    multiply_panels<edge, edge>(sum, a_panels[present], b_panels[present], row, 4, column, 4);
    __syncthreads();  // before the next turn copies over them
  }
  write_eight_by_eight(c, sum, first_row + row, 4, first_column + column, 4, m, n, finish);
}

void matmul_double_buffer(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                          cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), edge), blocks_for(size_t(n), edge));
  matmul_double_buffer_kernel<<<grid, threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
