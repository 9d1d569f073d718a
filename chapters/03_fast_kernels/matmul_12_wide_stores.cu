// Step 12: the result is written four numbers at a time.
//
// A thread writes 64 numbers of c. One at a time a warp's instruction writes 8 rows x 4 places that lie 4 numbers apart: each
// place is in a sector of 32 bytes of its own or shares it with one other, and every sector is written four times, with
// 8 of its 32 bytes. As a float4 (warp_tile.cuh, write_own_wide) the four lanes of a row write 64 bytes that lie together.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/warp_tile.cuh"

namespace fast {

namespace {
constexpr Savings savings{.unrolled = true, .unchecked = true, .wide_stores = true};
}  // namespace

__global__ void __launch_bounds__(LargeTile::threads, 2)
    matmul_wide_stores_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                              Finish finish) {
  multiply_warp_tiles<LargeTile, savings>(c, a, b_transposed, m, n, k, finish);
}

void matmul_wide_stores(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                        cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), LargeTile::rows), blocks_for(size_t(n), LargeTile::columns));
  matmul_wide_stores_kernel<<<grid, LargeTile::threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
