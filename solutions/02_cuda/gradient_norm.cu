// The squared norm of a gradient: one launch, and the same bits in every run.
#include "chapters/02_cuda/cuda_check.h"

#include <cstddef>

// sum[0] = x[0]² + x[1]² + ... + x[n - 1]². x (n), sum (1), partial (blocks) and arrived (1) are device memory. n may be 0 and
// need not be a multiple of anything; blocks is 1 or more. What sum and partial held before is overwritten.
//
// Thread t of block b takes the elements 256 b + t, 256 (b + blocks) + t, 256 (b + 2 blocks) + t, ... The block adds up their
// squares in shared memory and writes the sum to partial[b], a 0 where it has no elements. Then it counts itself in: arrived
// is 0 at first, and atomicAdd tells how many came before. The block that comes last adds up partial, writes sum, and sets
// arrived to 0 again: the next launch, maybe of another number of blocks, counts in the same place.
//
// No addition may depend on who comes when, or the bits of sum would: no atomicAdd of floats.
//
// That a block has counted itself in does not mean that others see what it wrote before. __threadfence() between the two
// makes sure of that; `make ex-...` finds out if it is missing. By CUDA's rules another one belongs between the last block's
// atomicAdd and its reads of partial; if that one is missing, nothing here finds out, and most GPUs do not, either.
constexpr unsigned threads = 256;

__global__ void squared_norm_kernel(float* sum, float* partial, unsigned* arrived, const float* x, size_t n) {
  __shared__ float squares[threads];
  const unsigned t = threadIdx.x;
  // BEGIN SOLUTION
  const size_t first = size_t(blockIdx.x) * threads + t, step = size_t(gridDim.x) * threads;
  float mine = 0;
  for (size_t i = first; i < n; i += step) mine += x[i] * x[i];
  squares[t] = mine;
  for (unsigned half = threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) squares[t] += squares[t + half];
  }
  if (t > 0) return;
  partial[blockIdx.x] = squares[0];
  __threadfence();
  if (atomicAdd(arrived, 1u) != gridDim.x - 1) return;
  __threadfence();
  float all = 0;
  for (unsigned b = 0; b < gridDim.x; ++b) all += partial[b];
  *sum = all;
  *arrived = 0;
  // TODO
  // First the block, as in softmax.cu. Then one thread speaks for the block. Who else is still at work on partial and arrived
  // when the last block has counted itself in?
  // STUB
  // squares[t] = 0;
  // if (t == 0) partial[blockIdx.x] = squares[t];
  // END SOLUTION
}

void squared_norm(float* sum, float* partial, unsigned* arrived, const float* x, size_t n, int blocks) {
  squared_norm_kernel<<<unsigned(blocks), threads>>>(sum, partial, arrived, x, n);
  CUDA_CHECK(cudaGetLastError());
}
