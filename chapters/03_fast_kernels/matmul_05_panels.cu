// Step 5: shared memory holds the numbers in the order of their use.
//
// For one step along k a thread needs 8 numbers of a, one below the other, and 8 of b, side by side. In step 4 its numbers
// of b are neighbours in shared memory, and its numbers of a lie 17 words apart. Here both lie side by side: a *panel*
// (panel.cuh) is a tile that is stored k by k, and it is transposed on its way into shared memory where that is needed.
//
// The numbers are still copied from global memory one at a time. But from shared memory the compiler can fetch four
// neighbours with one instruction: nvcc 13 makes `ld.shared.v4.f32` of the loops over a_panel and b_panel.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/panel.cuh"

namespace fast {

namespace {
constexpr int edge = 64;  // of the block's part of c; a thread computes 8 x 8 of it
constexpr int threads = edge / 8 * (edge / 8);

// panel = the rows [first, first + edge) and the steps [first_p, first_p + panel_depth) of a (rows, k) view; neighbours in
// a warp read neighbours in memory.
__device__ void load_panel_singly(Panel<edge>& panel, const MatrixView& v, int first, int first_p, int rows,
                                  int k) {
  for (int q = int(threadIdx.x); q < edge * panel_depth; q += threads) {
    const bool along_k = v.column_step == 1;
    const int i = along_k ? q / panel_depth : q % edge, p = along_k ? q % panel_depth : q / edge;
    panel[p][i] = element_or_zero(v, first + i, first_p + p, rows, k);
  }
}
}  // namespace

__global__ void __launch_bounds__(threads)
    matmul_panels_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                         Finish finish) {
  __shared__ __align__(16) Panel<edge> a_panel;
  __shared__ __align__(16) Panel<edge> b_panel;
  const int first_row = int(blockIdx.x) * edge, first_column = int(blockIdx.y) * edge;
  const int row = int(threadIdx.x) / (edge / 8) * 8, column = int(threadIdx.x) % (edge / 8) * 8;

  float sum[8][8] = {};
  for (int first = 0; first < k; first += panel_depth) {
    load_panel_singly(a_panel, a, first_row, first, m, k);
    load_panel_singly(b_panel, b_transposed, first_column, first, n, k);
    __syncthreads();
    for (int p = 0; p < panel_depth; ++p) {
      float a_column[8], b_row[8];
      for (int i = 0; i < 8; ++i) a_column[i] = a_panel[p][row + i];
      for (int j = 0; j < 8; ++j) b_row[j] = b_panel[p][column + j];
      for (int i = 0; i < 8; ++i)
        for (int j = 0; j < 8; ++j) sum[i][j] += a_column[i] * b_row[j];
    }
    __syncthreads();
  }
  write_own(c, sum, first_row + row, 4, first_column + column, 4, m, n, finish);
}

void matmul_panels(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                   cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), edge), blocks_for(size_t(n), edge));
  matmul_panels_kernel<<<grid, threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
