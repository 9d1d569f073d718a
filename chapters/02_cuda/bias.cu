// The bias and its gradient.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"

namespace plain {

constexpr unsigned threads = 256;

// One thread per element of y.
__global__ void add_bias_kernel(float* y, const float* b, Activation activation, size_t n, int columns) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float value = b ? y[i] + b[i % size_t(columns)] : y[i];
  // Not fmaxf: it would turn a NaN into 0 and hide that training has diverged.
  y[i] = activation == Activation::relu && value < 0 ? 0.0f : value;
}

void add_bias(float* y, const float* b, Activation activation, int rows, int columns, cudaStream_t stream) {
  const size_t n = size_t(rows) * size_t(columns);
  if (n == 0) return;
  add_bias_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(y, b, activation, n, columns);
  CUDA_CHECK(cudaGetLastError());
}

// One thread per column, which adds up the rows in ascending order. A warp reads 32 neighbours of a row at a time.
// More threads per column would need an order in which to combine their sums; with atomicAdd that order would change
// from run to run, and with it the last bits of the gradient.
__global__ void column_sums_kernel(float* db, const float* dy, Write write, int rows, int columns) {
  const int column = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (column >= columns) return;
  float sum = 0;
  for (int row = 0; row < rows; ++row) sum += dy[size_t(row) * size_t(columns) + size_t(column)];
  db[column] = write == Write::accumulate ? db[column] + sum : sum;
}

void column_sums(float* db, const float* dy, Write write, int rows, int columns, cudaStream_t stream) {
  if (columns == 0) return;
  column_sums_kernel<<<blocks_for(size_t(columns), threads), threads, 0, stream>>>(db, dy, write, rows,
                                                                                   columns);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace plain
