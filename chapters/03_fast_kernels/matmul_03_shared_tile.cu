// Step 3: a block fetches its part of a and b once, for all its threads.
//
// In step 2 the 32 threads that compute one row each fetch the same row of a for themselves, and so it goes with the
// columns of b. Here a block of 16 x 16 threads walks along k in steps of 16: all threads together copy a 16 x 16 tile of
// a and one of b into shared memory, then each makes 16 multiplications from there. Every number comes from global
// memory once per block: 16 times less traffic.
//
// It also mends the transposed products. A tile is copied along whichever direction is contiguous in memory, so that the
// neighbours in a warp read neighbours; the other direction is then taken in shared memory, where it costs little.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/element.cuh"
#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

namespace {
constexpr int edge = 16;
// Shared memory has 32 banks, one word each per cycle. With rows of 16 the words of a column would lie in two banks only.
using Tile = float[edge][edge + 1];

// tile = the (edge, edge) part of a (rows, columns) view that begins at (first_row, first_column), zeros outside.
__device__ void load_tile(Tile& tile, const MatrixView& v, int first_row, int first_column, int rows,
                          int columns) {
  const bool along_rows = v.column_step == 1;
  const int r = int(along_rows ? threadIdx.y : threadIdx.x), j = int(along_rows ? threadIdx.x : threadIdx.y);
  tile[r][j] = element_or_zero(v, first_row + r, first_column + j, rows, columns);
}
}  // namespace

__global__ void matmul_shared_tile_kernel(float* c, MatrixView a, MatrixView b, int m, int n, int k,
                                          Finish finish) {
  __shared__ Tile a_tile, b_tile;
  const int first_row = int(blockIdx.x) * edge, first_column = int(blockIdx.y) * edge;
  float sum = 0;
  for (int first = 0; first < k; first += edge) {
    load_tile(a_tile, a, first_row, first, m, k);
    load_tile(b_tile, b, first, first_column, k, n);
    __syncthreads();  // the tiles are complete
    for (int p = 0; p < edge; ++p) sum += a_tile[threadIdx.y][p] * b_tile[p][threadIdx.x];
    __syncthreads();  // nobody needs them any more
  }
  write_element(c, sum, first_row + int(threadIdx.y), first_column + int(threadIdx.x), m, n, finish);
}

void matmul_shared_tile(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                        cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 block(edge, edge), grid(blocks_for(size_t(m), edge), blocks_for(size_t(n), edge));
  matmul_shared_tile_kernel<<<grid, block, 0, stream>>>(c, a, b, m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
