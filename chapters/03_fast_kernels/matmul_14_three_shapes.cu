// Step 14: the size of c and the number of multiprocessors choose between three shapes of block.
//
// Large blocks fetch less, small ones are more. A 128 x 512 product has 4 blocks of 128 x 128, 16 of 64 x 64 and 64 of 32 x 32,
// and a GPU with 132 multiprocessors would like hundreds. All have 256 threads; with 4 x 4 or 2 x 2 elements to a thread
// there are 8 warps to hide the waiting even where a multiprocessor has one block only. Their panels are 32 steps deep: half as
// many turns, each with a barrier and a wait. All give the same bits, so the choice changes no result.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/block_shape.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/warp_tile.cuh"

namespace fast {

namespace {
using MediumTile = Tile<4, 2, 4, 4, 32>;  // 8 warps, each 4 x 8 lanes with 4 x 4 elements, panels of 32 steps
using SmallTile = Tile<4, 2, 4, 2, 32>;
constexpr Savings savings{.unrolled = true, .unchecked = true, .wide_stores = true, .in_bands = true};
}  // namespace

int multiprocessors() {
  static const int count = [] {
    int device = 0, value = 0;
    CUDA_CHECK(cudaGetDevice(&device));
    CUDA_CHECK(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, device));
    return value;
  }();
  return count;
}

template <class Tile>
__global__ void __launch_bounds__(Tile::threads)
    matmul_shape_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k, Finish finish) {
  multiply_warp_tiles<Tile, savings>(c, a, b_transposed, m, n, k, finish);
}

namespace {
template <class Tile>
void launch(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), Tile::rows), blocks_for(size_t(n), Tile::columns));
  matmul_shape_kernel<Tile><<<grid, Tile::threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}
}  // namespace

void matmul_medium_block(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                         cudaStream_t stream) {
  static_assert(MediumTile::rows == 64 && MediumTile::columns == 64 && MediumTile::threads == 256);
  launch<MediumTile>(c, a, b, m, n, k, finish, stream);
}

void matmul_small_block(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                        cudaStream_t stream) {
  static_assert(SmallTile::rows == 32 && SmallTile::columns == 32 && SmallTile::threads == 256);
  launch<SmallTile>(c, a, b, m, n, k, finish, stream);
}

void matmul_three_shapes(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                         cudaStream_t stream) {
  const int edge = edge_of_block(m, n, multiprocessors());
  (edge == 128 ? matmul_block_order : edge == 64 ? matmul_medium_block : matmul_small_block)(c, a, b, m, n, k,
                                                                                           finish, stream);
}

}  // namespace fast
