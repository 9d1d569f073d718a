// Column sums, in the same order as before, with more blocks and more loads under way.
//
// The rows must be added one after another: that fixes the bits. The loads need no order. Chapter 02's loop waits for each load before the
// next addition, and 256 columns are one block. Here a block has eight columns, whose neighbours in a row are one sector of memory. Its 64
// threads fetch up to 128 rows of them at once into shared memory; then a thread per column adds them in order, while the next 128 rows
// are on their way to registers.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/fused.h"

namespace fast {

namespace {
constexpr int columns_of_block = 8, threads = 64, rows_at_once = 128;
constexpr int rows_together = threads / columns_of_block;  // fetched by one instruction of the block
constexpr int own = rows_at_once / rows_together;           // rows of a thread

// A thread's rows, from `first` on; what is not there stays as it is.
__device__ inline void fetch(float (&coming)[own], const float* dy, int first, int column, int rows, int columns) {
#pragma unroll
  for (int i = 0; i < own; ++i)
    if (first + i * rows_together < rows && column < columns)
      coming[i] = dy[size_t(first + i * rows_together) * size_t(columns) + size_t(column)];
}

// sum + the first rows of a column, in order. Written out, where all are there: so numbers are read ahead of the additions.
__device__ inline float added(float sum, const float (&fetched)[rows_at_once][columns_of_block], int j, int rows) {
  if (rows < rows_at_once) {
    for (int i = 0; i < rows; ++i) sum += fetched[i][j];
    return sum;
  }
#pragma unroll 16
  for (int i = 0; i < rows_at_once; ++i) sum += fetched[i][j];
  return sum;
}
}  // namespace

__global__ void column_sums_kernel(float* db, const float* dy, Write write, int rows, int columns) {
  __shared__ float fetched[rows_at_once][columns_of_block];
  const int j = int(threadIdx.x) % columns_of_block, row = int(threadIdx.x) / columns_of_block;
  const int column = int(blockIdx.x) * columns_of_block + j;
  float sum = 0, coming[own] = {};
  fetch(coming, dy, row, column, rows, columns);
  for (int first = 0; first < rows; first += rows_at_once) {
#pragma unroll
    for (int i = 0; i < own; ++i) fetched[i * rows_together + row][j] = coming[i];
    __syncthreads();
    fetch(coming, dy, first + rows_at_once + row, column, rows, columns);
    if (row == 0 && column < columns) sum = added(sum, fetched, j, rows - first);
    __syncthreads();
  }
  if (row == 0 && column < columns) db[column] = write == Write::accumulate ? db[column] + sum : sum;
}

void column_sums(float* db, const float* dy, Write write, int rows, int columns, cudaStream_t stream) {
  if (columns == 0) return;
  column_sums_kernel<<<blocks_for(size_t(columns), columns_of_block), threads, 0, stream>>>(db, dy, write, rows, columns);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
