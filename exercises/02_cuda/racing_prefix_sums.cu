// A kernel with races, to be mended.
//
// Task 02_racing_prefix_sums: core, 4 points. Try it: make ex-02_racing_prefix_sums
#include "chapters/02_cuda/cuda_check.h"

#include <cstddef>

// y[r][j] = x[r][0] + x[r][1] + ... + x[r][j]: the prefix sums of each row. x and y (rows, columns) are device memory and do
// not overlap; rows may be 0, columns is 1 or more.
//
// One block takes a row, 128 columns at a time. Sums over 2, 4, 8, ... neighbours: in each round a thread adds the sum that
// stands `distance` to its left. What the columns before amount to is kept in `carry`.
//
// The code in the hole has the right idea, and races: run it, and read the finding to its end. It names two lines and
// two threads. Which barrier would order them? Mend one race after another, until none is found; a number may have
// to be kept in a variable over a barrier. `make ex-...` runs it under the checker of `make check`. The order of threads decides
// what a race does: with CUDA_ON_CPU_ORDER=descending this very code gives right sums, if a row has no more than 128 columns.
constexpr unsigned threads = 128;

__global__ void prefix_sums_kernel(float* y, const float* x, int columns) {
  __shared__ float sums[threads];
  __shared__ float carry;
  const unsigned t = threadIdx.x;
  const size_t row = size_t(blockIdx.x) * size_t(columns);
  // --- YOUR CODE (15 lines in ours)
  // Barriers stand where all threads of the block come by. Write none into an `if`.
  if (t == 0) carry = 0;
  for (int first = 0; first < columns; first += int(threads)) {
    const int j = first + int(t);
    sums[t] = j < columns ? x[row + size_t(j)] : 0.0f;
    __syncthreads();
    for (unsigned distance = 1; distance < threads; distance *= 2) {
      if (t >= distance) sums[t] += sums[t - distance];
      __syncthreads();
    }
    if (j < columns) y[row + size_t(j)] = carry + sums[t];
    if (t == threads - 1) carry += sums[t];
  }
  // --- END OF YOUR CODE
}

void prefix_sums(float* y, const float* x, int rows, int columns) {
  if (rows == 0) return;
  prefix_sums_kernel<<<unsigned(rows), threads>>>(y, x, columns);
  CUDA_CHECK(cudaGetLastError());
}
// As generated: 3738674423-2149
