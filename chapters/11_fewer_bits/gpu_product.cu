// Chapter 03's product on tensor cores, step 16, of operands that may be bf16 in memory already: those are not rounded, and no floats are
// made of them. One kernel brings each operand into the order in which the product reads.
#include <algorithm>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/03_fast_kernels/bf16.h"
#include "chapters/11_fewer_bits/gpu_conversions.h"

namespace {

// As round_to_bf16_kernel of chapter 03, of numbers that are rounded.
__global__ void gather_bf16_kernel(uint16_t* to, const uint16_t* from, size_t row_step, size_t column_step, int rows, int k, int row_length) {
  __shared__ uint16_t tile[32][34];  // [row][step]; with two more, rows under each other begin in different banks
  const int first_row = int(blockIdx.y) * 32, first_p = int(blockIdx.x) * 32, x = int(threadIdx.x);
  const bool along_k = column_step == 1;
  for (int y = int(threadIdx.y); y < 32; y += int(blockDim.y)) {
    const int row = along_k ? y : x, p = along_k ? x : y;
    const bool inside = first_row + row < rows && first_p + p < k;
    tile[row][p] = inside ? from[size_t(first_row + row) * row_step + size_t(first_p + p) * column_step] : uint16_t(0);
  }
  __syncthreads();
  for (int row = int(threadIdx.y); row < 32; row += int(blockDim.y))
    to[size_t(first_row + row) * size_t(row_length) + size_t(first_p + x)] = tile[row][x];
}

// to = from (rows, k), as chapter 03's product reads it (bf16.h).
void gather(fast::Bf16* to, const Bf16View& from, int rows, int k, cudaStream_t stream) {
  if (rows == 0 || k == 0) return;
  if (!from.in_16_bits) {
    const MatrixView floats{static_cast<const float*>(from.data), from.row_step, from.column_step};
    return fast::round_to_bf16(to, floats, rows, k, stream);
  }
  const int row_length = fast::padded(k, fast::rounded_depth);
  const dim3 grid(unsigned(row_length / 32), unsigned(fast::padded(rows, fast::rounded_rows) / 32)), block(32, 8);
  gather_bf16_kernel<<<grid, block, 0, stream>>>(to, static_cast<const uint16_t*>(from.data), from.row_step, from.column_step, rows, k, row_length);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace

void gpu_product_of_bf16(float* c, const Bf16View& a, const Bf16View& b, int m, int n, int k, Finish finish, cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  fast::Bf16 *gathered_a = nullptr, *gathered_b = nullptr;
  CUDA_CHECK(cudaMallocAsync(&gathered_a, fast::rounded_size(m, std::max(k, 1)) * sizeof(fast::Bf16), stream));
  CUDA_CHECK(cudaMallocAsync(&gathered_b, fast::rounded_size(n, std::max(k, 1)) * sizeof(fast::Bf16), stream));
  gather(gathered_a, a, m, k, stream);
  gather(gathered_b, b.transposed(), n, k, stream);
  fast::matmul_bf16(c, gathered_a, gathered_b, m, n, k, finish, stream);
  CUDA_CHECK(cudaFreeAsync(gathered_a, stream));
  CUDA_CHECK(cudaFreeAsync(gathered_b, stream));
}
