// Step 7: the next panels arrive while these are used.
//
// A block needs two pairs of panels for it, and loads that nobody waits for: double_buffer.cuh has both. Everything else is as
// in step 6.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/double_buffer.cuh"
#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

namespace {
constexpr int edge = 64;  // of the block's part of c; a thread computes 8 x 8 of it
constexpr int threads = edge / 8 * (edge / 8);
}  // namespace

__global__ void __launch_bounds__(threads)
    matmul_double_buffer_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                                Finish finish) {
  const int first_row = int(blockIdx.x) * edge, first_column = int(blockIdx.y) * edge;
  const int row = int(threadIdx.x) / (edge / 8) * 8, column = int(threadIdx.x) % (edge / 8) * 8;

  float sum[8][8] = {};
  multiply_double_buffered<edge, edge, threads>(sum, a, b_transposed, first_row, first_column, m, n, k, row,
                                                4, column, 4);
  write_own(c, sum, first_row + row, 4, first_column + column, 4, m, n, finish);
}

void matmul_double_buffer(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                          cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), edge), blocks_for(size_t(n), edge));
  matmul_double_buffer_kernel<<<grid, threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
