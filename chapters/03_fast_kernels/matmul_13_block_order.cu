// Step 13: blocks that run at the same time want the same panels.
//
// Only the order of the blocks is new (block_order.h): in bands of 16 rows of blocks. It pays where c has more rows of blocks
// than that and the matrices do not fit into the second-level cache.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/warp_tile.cuh"

namespace fast {

namespace {
constexpr Savings savings{.unrolled = true, .unchecked = true, .wide_stores = true, .in_bands = true};
}  // namespace

__global__ void __launch_bounds__(LargeTile::threads, 2)
    matmul_block_order_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                              Finish finish) {
  multiply_warp_tiles<LargeTile, savings>(c, a, b_transposed, m, n, k, finish);
}

void matmul_block_order(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                        cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), LargeTile::rows), blocks_for(size_t(n), LargeTile::columns));
  matmul_block_order_kernel<<<grid, LargeTile::threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
