// Step 11: inside of the matrices nobody asks where the edge is.
//
// begin_panel asks for every group of four numbers: is it inside? Nearly all panels lie inside as a whole. One question for a
// panel, with the same answer for all threads of the block, sends these to a loop without questions (double_buffer.cuh,
// is_inside). The loads of all groups then follow each other, and none waits for a comparison.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/warp_tile.cuh"

namespace fast {

namespace {
constexpr Savings savings{.unrolled = true, .unchecked = true};
}  // namespace

__global__ void __launch_bounds__(LargeTile::threads, 2)
    matmul_inner_panels_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                               Finish finish) {
  multiply_warp_tiles<LargeTile, savings>(c, a, b_transposed, m, n, k, finish);
}

void matmul_inner_panels(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                         cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), LargeTile::rows), blocks_for(size_t(n), LargeTile::columns));
  matmul_inner_panels_kernel<<<grid, LargeTile::threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
