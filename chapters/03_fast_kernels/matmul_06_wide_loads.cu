// Step 6: four numbers per instruction, from global memory too.
//
// A float4 is four floats that one instruction reads or writes, if they lie side by side and begin at a multiple of 16
// bytes. load_panel (panel.cuh) reads four at a time along whichever direction of the matrix is contiguous, and one at a time
// at the edges and where a row begins elsewhere. From shared memory multiply_panels asks for a float4 in so many words,
// instead of leaving it to the compiler.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/panel.cuh"

namespace fast {

namespace {
constexpr int edge = 64;  // of the block's part of c; a thread computes 8 x 8 of it
constexpr int threads = edge / 8 * (edge / 8);
}  // namespace

__global__ void __launch_bounds__(threads)
    matmul_wide_loads_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                             Finish finish) {
  __shared__ __align__(16) Panel<edge> a_panel;
  __shared__ __align__(16) Panel<edge> b_panel;
  const int first_row = int(blockIdx.x) * edge, first_column = int(blockIdx.y) * edge;
  const int row = int(threadIdx.x) / (edge / 8) * 8, column = int(threadIdx.x) % (edge / 8) * 8;

  float sum[8][8] = {};
  for (int first = 0; first < k; first += panel_depth) {
    load_panel<edge, threads>(a_panel, a, first_row, first, m, k);
    load_panel<edge, threads>(b_panel, b_transposed, first_column, first, n, k);
    __syncthreads();
    multiply_panels<edge, edge>(sum, a_panel, b_panel, row, 4, column, 4);
    __syncthreads();
  }
  write_own(c, sum, first_row + row, 4, first_column + column, 4, m, n, finish);
}

void matmul_wide_loads(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                       cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), edge), blocks_for(size_t(n), edge));
  matmul_wide_loads_kernel<<<grid, threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
