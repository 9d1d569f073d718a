// Step 8: the lanes of a warp read side by side, from different banks.
//
// A load from shared memory is carried out in *wavefronts*: in one wavefront each of the 32 banks gives one word, to as many
// lanes as want that word. Different words of one bank need one wavefront each.
//
// In step 7 the eight threads of a row of the block read float4 of b that begin 8 words apart: at words 0, 8, ... 56. That
// at 32 lies in the banks of that at 0, that at 40 in those of that at 8, ...: every second group of four banks has to give
// two words each, the others give nothing, and the load takes twice as many wavefronts as 32 words need. Here
// (warp_tile.cuh) the float4 of neighbouring lanes begin 4 words apart: 8 different ones of a lie in 32 banks, 4 of b in 16.
// The block has 64 x 64 elements and 64 threads, as before.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/warp_tile.cuh"

namespace fast {

namespace {
using Block = Tile<1, 2>;
}  // namespace

__global__ void __launch_bounds__(Block::threads)
    matmul_warp_tile_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                            Finish finish) {
  multiply_warp_tiles<Block>(c, a, b_transposed, m, n, k, finish);
}

void matmul_warp_tile(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                      cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), Block::rows), blocks_for(size_t(n), Block::columns));
  matmul_warp_tile_kernel<<<grid, Block::threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
