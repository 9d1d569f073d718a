// A transposed copy of a matrix: neighbours read neighbours, and neighbours write neighbours, by way of shared memory.
//
// Task 03_transpose: warm-up, 3 points. Try it: make ex-03_transpose
#include "chapters/02_cuda/cuda_check.h"

#include <cstddef>

// b (columns, rows) = aᵀ, for a (rows, columns); both row-major, device memory, not overlapping. Any sizes; nothing to
// do if one of them is 0.
//
// A block of 32 x 32 threads takes a tile of 32 x 32 elements. Its 32 threads with the same threadIdx.y are a warp. A warp
// reads 32 neighbours of a row of a, and writes 32 neighbours of a row of b. So a thread does not write the element that it
// has read: the tile goes through shared memory, and is read there along its columns.
constexpr int edge = 32;

__global__ void transpose_kernel(float* b, const float* a, int rows, int columns) {
  __shared__ float tile[edge][edge + 1];  // a row more of banks: the words of a column lie in 32 different ones
  const int x = int(threadIdx.x), y = int(threadIdx.y);
  const int first_row = int(blockIdx.y) * edge, first_column = int(blockIdx.x) * edge;  // of a
  // --- YOUR CODE (5 lines in ours)
  // In, then out. Which row and column of b does thread (x, y) write, if neighbours in x are to write neighbours?
  // The tile at the edge of a has rows or columns too many, and they are others on the way out than on the way in.
  // --- END OF YOUR CODE
}

void transpose(float* b, const float* a, int rows, int columns) {
  if (rows == 0 || columns == 0) return;
  const dim3 block(edge, edge), grid(unsigned((columns + edge - 1) / edge), unsigned((rows + edge - 1) / edge));
  transpose_kernel<<<grid, block>>>(b, a, rows, columns);
  CUDA_CHECK(cudaGetLastError());
}
// As generated: 2631069588-1729
