// The matrix product by its definition: one thread computes one element of c, alone, from global memory.
//
// One kernel serves x · w, xᵀ · dy and dy · wᵀ: a transposed matrix is the same memory with its two steps swapped.
//
// Which thread gets which element decides the speed. The 32 threads of a warp load together, and the memory answers in
// pieces of 32 bytes: 32 neighbouring floats are 4 pieces, 32 floats far apart are 32. threadIdx.x counts neighbours in a
// warp, so x counts columns and y rows: b and c are then read and written along rows, and all of a warp read the same
// element of a. In dy · wᵀ a "row" of wᵀ is a column of w: there this kernel reads 32 places far apart. Chapter 03 mends it.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"

namespace plain {

constexpr unsigned block_columns = 32, block_rows = 8;

__global__ void matmul_kernel(float* c, MatrixView a, MatrixView b, Write write, int m, int n, int k) {
  const int row = int(blockIdx.y * blockDim.y + threadIdx.y);
  const int column = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= m || column >= n) return;

  float sum = 0;
  for (int p = 0; p < k; ++p)
    sum += a.data[row * a.row_step + p * a.column_step] * b.data[p * b.row_step + column * b.column_step];

  float& element = c[size_t(row) * size_t(n) + size_t(column)];
  element = write == Write::accumulate ? element + sum : sum;
}

void matmul(float* c, MatrixView a, MatrixView b, Write write, int m, int n, int k, cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 block(block_columns, block_rows);
  // x may count 2³¹ - 1 blocks, y only 65535: enough for 524,280 rows, and CUDA_CHECK would name a launch with more.
  const dim3 grid(blocks_for(size_t(n), block_columns), blocks_for(size_t(m), block_rows));
  matmul_kernel<<<grid, block, 0, stream>>>(c, a, b, write, m, n, k);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace plain
