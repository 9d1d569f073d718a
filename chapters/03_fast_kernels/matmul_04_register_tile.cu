// Step 4: a thread computes 8 x 8 elements of c, in registers.
//
// In step 3 a multiplication needs two numbers from shared memory, and shared memory delivers far fewer numbers per cycle
// than the arithmetic units can use. Here a thread reads 8 numbers of a and 8 of b and makes 64 multiplications of
// them: 4 per number read instead of a half. It is chapter 01's idea, a tile of c in registers, on another machine.
//
// A block computes 64 x 64 elements with 64 threads, in steps of 16 along k.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/element.cuh"
#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

namespace {
constexpr int edge = 64;   // of the block's part of c
constexpr int depth = 16;  // steps along k that are in shared memory at a time
constexpr int tile = 8;    // edge of a thread's part of c
constexpr int threads = edge / tile * (edge / tile);

// tile (height, width) = the part of a (rows, columns) view at (first_row, first_column), zeros outside; neighbours in a
// warp read neighbours in memory.
template <int height, int width>
__device__ void load_tile(float (&tile)[height][width + 1], const MatrixView& v, int first_row,
                          int first_column, int rows, int columns) {
  for (int i = int(threadIdx.x); i < height * width; i += threads) {
    const bool along_rows = v.column_step == 1;
    const int r = along_rows ? i / width : i % height, j = along_rows ? i % width : i / height;
    tile[r][j] = element_or_zero(v, first_row + r, first_column + j, rows, columns);
  }
}
}  // namespace

__global__ void __launch_bounds__(threads)
    matmul_register_tile_kernel(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) {
  __shared__ float a_tile[edge][depth + 1];
  __shared__ float b_tile[depth][edge + 1];
  const int first_row = int(blockIdx.x) * edge, first_column = int(blockIdx.y) * edge;
  const int row = int(threadIdx.x) / (edge / tile) * tile, column = int(threadIdx.x) % (edge / tile) * tile;

  float sum[tile][tile] = {};
  for (int first = 0; first < k; first += depth) {
    load_tile<edge, depth>(a_tile, a, first_row, first, m, k);
    load_tile<depth, edge>(b_tile, b, first, first_column, k, n);
    __syncthreads();
    for (int p = 0; p < depth; ++p) {
      float a_column[tile], b_row[tile];
      for (int i = 0; i < tile; ++i) a_column[i] = a_tile[row + i][p];
      for (int j = 0; j < tile; ++j) b_row[j] = b_tile[p][column + j];
      for (int i = 0; i < tile; ++i)
        for (int j = 0; j < tile; ++j) sum[i][j] += a_column[i] * b_row[j];
    }
    __syncthreads();
  }
  // Registers have no addresses: only when both loops are unrolled is every index a constant and `sum` never in memory.
#pragma unroll
  for (int i = 0; i < tile; ++i)
#pragma unroll
    for (int j = 0; j < tile; ++j)
      write_element(c, sum[i][j], first_row + row + i, first_column + column + j, m, n, finish);
}

void matmul_register_tile(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                          cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), edge), blocks_for(size_t(n), edge));
  matmul_register_tile_kernel<<<grid, threads, 0, stream>>>(c, a, b, m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
