// Backward through a layer and through the ReLU before it in one pass: c (m, n) = mask (m, n) > 0 ? a (m, k) · b (k, n) : 0.
//
// An element of the product is still in a register when the mask is read: no kernel of its own reads the product and writes it again.
// Blocks and sums are those of step 14, so the bits are those of the product and relu_backward.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/block_shape.h"
#include "chapters/03_fast_kernels/fused.h"
#include "chapters/03_fast_kernels/warp_tile.cuh"

namespace fast {

namespace {
using MediumTile = Tile<4, 2, 4, 4, 32>;
using SmallTile = Tile<4, 2, 4, 2, 32>;
constexpr Savings savings{.unrolled = true, .unchecked = true, .wide_stores = true, .in_bands = true};
}  // namespace

__device__ inline float masked(float value, float mask) { return mask > 0 ? value : 0.0f; }

// As write_own_wide, or one by one where a group does not begin at a multiple of its bytes.
template <int own>
__device__ void write_own_masked(float* c, const float (&sum)[own][own], const float* mask, int row, int row_second, int column,
                                 int column_second, int m, int n) {
  constexpr int group = group_of<own>;
  const bool wide = size_t(c) % sizeof(float4) == 0 && size_t(mask) % sizeof(float4) == 0 && n % 4 == 0;
#pragma unroll
  for (int i = 0; i < own; ++i)
#pragma unroll
    for (int first = 0; first < own; first += group) {
      const int r = row + i % group + i / group * row_second, j = column + first / group * column_second;
      const size_t place = size_t(r) * size_t(n) + size_t(j);
      if (r >= m || j >= n) continue;
      if (wide) {
        Together<group> group_of_mask = *reinterpret_cast<const Together<group>*>(mask + place);
#pragma unroll
        for (int q = 0; q < group; ++q) group_of_mask.number[q] = masked(sum[i][first + q], group_of_mask.number[q]);
        *reinterpret_cast<Together<group>*>(c + place) = group_of_mask;
        continue;
      }
#pragma unroll
      for (int q = 0; q < group; ++q)
        if (j + q < n) c[place + size_t(q)] = masked(sum[i][first + q], mask[place + size_t(q)]);
    }
}

template <class Tile, int blocks>
__global__ void __launch_bounds__(Tile::threads, blocks)
    matmul_masked_kernel(float* c, MatrixView a, MatrixView b_transposed, const float* mask, int m, int n, int k) {
  float sum[Tile::own][Tile::own] = {};
  const FirstOfLane first = sums_of_warp_tiles<Tile, savings>(sum, a, b_transposed, m, n, k);
  write_own_masked(c, sum, mask, first.row, Tile::row_second, first.column, Tile::column_second, m, n);
}

namespace {
template <class Tile, int blocks>
void launch(float* c, MatrixView a, MatrixView b, const float* mask, int m, int n, int k, cudaStream_t stream) {
  const dim3 grid(blocks_for(size_t(m), Tile::rows), blocks_for(size_t(n), Tile::columns));
  matmul_masked_kernel<Tile, blocks><<<grid, Tile::threads, 0, stream>>>(c, a, b.transposed(), mask, m, n, k);
  CUDA_CHECK(cudaGetLastError());
}
}  // namespace

void matmul_masked(float* c, MatrixView a, MatrixView b, const float* mask, int m, int n, int k, cudaStream_t stream, int edge) {
  if (m == 0 || n == 0) return;
  if (edge == 0) edge = edge_of_block(m, n, multiprocessors());
  if (edge == 128) launch<LargeTile, 2>(c, a, b, mask, m, n, k, stream);
  else if (edge == 64) launch<MediumTile, 1>(c, a, b, mask, m, n, k, stream);
  else launch<SmallTile, 1>(c, a, b, mask, m, n, k, stream);
}

}  // namespace fast
