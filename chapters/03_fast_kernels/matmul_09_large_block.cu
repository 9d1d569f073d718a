// Step 9: a larger block: 128 x 128 elements by eight warps.
//
// Along k a block of e x e elements fetches 2 e numbers for 2 e² operations. Twice the edge: half the numbers from global
// memory (or from its cache) for the same operations.
//
// __launch_bounds__(LargeTile::threads, 2): two blocks to a multiprocessor, so that one computes while the other waits at a barrier.
// 2 x 256 threads then have 128 of the 65,536 registers each.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/warp_tile.cuh"

namespace fast {

__global__ void __launch_bounds__(LargeTile::threads, 2)
    matmul_large_block_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                              Finish finish) {
  multiply_warp_tiles<LargeTile>(c, a, b_transposed, m, n, k, finish);
}

void matmul_large_block(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                        cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), LargeTile::rows), blocks_for(size_t(n), LargeTile::columns));
  matmul_large_block_kernel<<<grid, LargeTile::threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
