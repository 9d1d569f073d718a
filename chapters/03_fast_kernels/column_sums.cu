// Column sums, in the same order as before and with more loads under way.
//
// The rows must be added one after another: that fixes the bits. The loads need no order. Chapter 02's loop waits for each
// load before the next addition; here a thread asks for eight rows at once and then adds them in order. And blocks of one
// warp instead of eight spread a few hundred columns over many multiprocessors.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/fused.h"

namespace fast {

namespace {
constexpr unsigned threads = 32;
constexpr int rows_at_once = 8;
}  // namespace

__global__ void column_sums_kernel(float* db, const float* dy, Write write, int rows, int columns) {
  const int column = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (column >= columns) return;
  float sum = 0;
  int row = 0;
  for (; row + rows_at_once <= rows; row += rows_at_once) {
    float values[rows_at_once];
    for (int i = 0; i < rows_at_once; ++i) values[i] = dy[size_t(row + i) * size_t(columns) + size_t(column)];
    for (int i = 0; i < rows_at_once; ++i) sum += values[i];
  }
  for (; row < rows; ++row) sum += dy[size_t(row) * size_t(columns) + size_t(column)];
  db[column] = write == Write::accumulate ? db[column] + sum : sum;
}

void column_sums(float* db, const float* dy, Write write, int rows, int columns, cudaStream_t stream) {
  if (columns == 0) return;
  column_sums_kernel<<<blocks_for(size_t(columns), threads), threads, 0, stream>>>(db, dy, write, rows,
                                                                                   columns);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
