// Step 16: operands of 16 bits in memory, several panels under way, and fragments whose layout is known.
//
// Step 15 reads floats, rounds each of them again for every block that wants it, waits for memory, and passes its result through
// shared memory. Here the operands are rounded once (bf16.h). A block of eight warps has 128 x 128 elements; its panels are 32 numbers
// deep and arrive by asynchronous copies of 16 bytes in three *stages*: while one pair is multiplied, two are on their way.
//
//   panel      0         1         2         3         4
//   stage      0         1         2         0         1
//   turn 0     multiply  arriving  arriving
//   turn 1               multiply  arriving  arriving              stage 0 may be filled again: all have passed turn 1's barrier
//
// 3 stages of 16 KB are 48 KB: two blocks fit on a multiprocessor of 100 KB, too. Four would be one block there.
//
// ldmatrix reads eight rows of 16 bytes at a time. A panel's row is 64 bytes, half of the 32 banks: eight rows that lie under each
// other would be in two places, and wait for each other four times. So the four pieces of a row change places: piece p of row r lies
// at p ^ (r / 2 % 4) ("swizzle"). Then eight rows of one piece lie in eight different places, and so do the eight pieces of two rows.
//
// The result stays in registers until it is finished: two numbers of a lane are neighbours in c, four lanes fill a sector.
#include <cuda_pipeline.h>

#include <algorithm>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/bf16.h"
#include "chapters/03_fast_kernels/block_order.h"
#include "chapters/03_fast_kernels/panel.cuh"
#include "chapters/03_fast_kernels/tensor_instructions.h"

namespace fast {

namespace {

constexpr int edge = rounded_rows, depth = rounded_depth, stages = 3;
constexpr int piece = 8, pieces = depth / piece;               // of a panel's row: 16 bytes
constexpr int threads = 256, warps_across = 4;                 // 2 x 4 warps
constexpr int warp_rows = edge / 2, warp_columns = edge / warps_across;
constexpr int down = warp_rows / 16, across = warp_columns / 8;  // a warp's multiplications: 4 x 4 of 16 x 8 elements
using Panel16 = __nv_bfloat16[edge * depth];

__device__ int place(int row, int p) { return (row * pieces + (p ^ row / 2 % pieces)) * piece; }

// Starts to fetch the panel of `depth` numbers from each of `edge` rows; `from` is the first of them.
__device__ void begin_copy(Panel16& panel, const __nv_bfloat16* from, int row_length) {
#pragma unroll
  for (int turn = 0; turn < edge * pieces / threads; ++turn) {
    const int i = turn * threads + int(threadIdx.x), row = i / pieces, p = i % pieces;
    __pipeline_memcpy_async(&panel[place(row, p)], from + size_t(row) * size_t(row_length) + p * piece, piece * sizeof(__nv_bfloat16));
  }
}

// sum += a's panel · b's, this warp's part.
__device__ void multiply(float (&sum)[down][across][4], const Panel16& a, const Panel16& b, int row, int column) {
  const int lane = int(threadIdx.x) % 32;
#pragma unroll
  for (int p = 0; p < pieces; p += 2) {  // two pieces are the 16 numbers along k of one multiplication
    unsigned a_part[down][4], b_part[across / 2][4];
    // 16 rows of a and two pieces: matrices 0 and 1 are the first piece of rows 0-7 and 8-15, 2 and 3 the second.
#pragma unroll
    for (int i = 0; i < down; ++i) load_four_matrices(a_part[i], &a[place(row + 16 * i + lane % 16, p + lane / 16)]);
    // 16 columns of b and two pieces: matrices 0 and 1 are both pieces of columns 0-7, 2 and 3 of columns 8-15.
#pragma unroll
    for (int j = 0; j < across / 2; ++j)
      load_four_matrices(b_part[j], &b[place(column + 16 * j + lane / 16 * 8 + lane % 8, p + lane / 8 % 2)]);
#pragma unroll
    for (int i = 0; i < down; ++i)
#pragma unroll
      for (int j = 0; j < across; ++j) {
        const unsigned b_of_eight[2] = {b_part[j / 2][j % 2 * 2], b_part[j / 2][j % 2 * 2 + 1]};
        multiply_matrices(sum[i][j], a_part[i], b_of_eight);
      }
  }
}

// Two neighbours of a row of c (m, n), at once where both are there and lie at a multiple of 8 bytes.
__device__ void write_two(float* c, float first, float second, int row, int column, int m, int n, const Finish& finish) {
  if (row < m && column + 1 < n && n % 2 == 0 && size_t(c) % sizeof(Together<2>) == 0) {
    auto* place = reinterpret_cast<Together<2>*>(c + size_t(row) * size_t(n) + size_t(column));
    Together<2> written = {{finished(first, column, finish), finished(second, column + 1, finish)}};
    if (finish.write == Write::accumulate) {
      const Together<2> before = *place;
      for (int q = 0; q < 2; ++q) written.number[q] = before.number[q] + written.number[q];
    }
    *place = written;
    return;
  }
  write_element(c, first, row, column, m, n, finish);
  write_element(c, second, row, column + 1, m, n, finish);
}

__device__ void multiply_in_stages(float* c, const __nv_bfloat16* a, const __nv_bfloat16* b, int m, int n, int k, const Finish& finish) {
  __shared__ __align__(128) Panel16 a_panels[stages];
  __shared__ __align__(128) Panel16 b_panels[stages];
  const BlockPlace block = block_in_bands(blockIdx.x, blockIdx.y, gridDim.x, gridDim.y);
  const int first_row = int(block.row) * edge, first_column = int(block.column) * edge, panels = (k + depth - 1) / depth;
  const int row_length = panels * depth;
  a += size_t(first_row) * size_t(row_length);
  b += size_t(first_column) * size_t(row_length);
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
  const int row = warp / warps_across * warp_rows, column = warp % warps_across * warp_columns;

  const auto begin = [&](int panel) {
    if (panel < panels) {
      begin_copy(a_panels[panel % stages], a + panel * depth, row_length);
      begin_copy(b_panels[panel % stages], b + panel * depth, row_length);
    }
    __pipeline_commit();  // also of nothing: the wait below counts commits
  };
  float sum[down][across][4] = {};
  for (int panel = 0; panel < stages - 1; ++panel) begin(panel);
  for (int panel = 0; panel < panels; ++panel) {
    __pipeline_wait_prior(stages - 2);  // this thread's copies of the panel have arrived
    __syncthreads();                    // so have those of all threads, and all have used the panel before
    begin(panel + stages - 1);          // in whose stage the next one arrives
    multiply(sum, a_panels[panel % stages], b_panels[panel % stages], row, column);
  }

#pragma unroll
  for (int i = 0; i < down; ++i)
#pragma unroll
    for (int j = 0; j < across; ++j)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        write_two(c, sum[i][j][2 * half], sum[i][j][2 * half + 1], first_row + row + 16 * i + 8 * half + lane / 4,
                  first_column + column + 8 * j + lane % 4 * 2, m, n, finish);
}

}  // namespace

__global__ void __launch_bounds__(threads, 2)
    matmul_stages_kernel(float* c, const __nv_bfloat16* a, const __nv_bfloat16* b_transposed, int m, int n, int k, Finish finish) {
  if (!has_bf16_multiplication) __trap();  // can_run() keeps programs from coming here
  multiply_in_stages(c, a, b_transposed, m, n, k, finish);
}

void matmul_bf16(float* c, const Bf16* a, const Bf16* b_transposed, int m, int n, int k, Finish finish, cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), edge), blocks_for(size_t(n), edge));
  matmul_stages_kernel<<<grid, threads, 0, stream>>>(c, reinterpret_cast<const __nv_bfloat16*>(a),
                                                     reinterpret_cast<const __nv_bfloat16*>(b_transposed), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

// A tile of 32 x 32 numbers, read along whatever lies side by side and written along k.
__global__ void round_to_bf16_kernel(__nv_bfloat16* to, MatrixView from, int rows, int k, int row_length) {
  __shared__ float tile[32][33];  // [row][step]; the 33rd moves the next row by one bank
  const int first_row = int(blockIdx.y) * 32, first_p = int(blockIdx.x) * 32, x = int(threadIdx.x);
  const bool along_k = from.column_step == 1;
  for (int y = int(threadIdx.y); y < 32; y += int(blockDim.y)) {
    const int row = along_k ? y : x, p = along_k ? x : y;
    tile[row][p] = element_or_zero(from, first_row + row, first_p + p, rows, k);
  }
  __syncthreads();
  for (int row = int(threadIdx.y); row < 32; row += int(blockDim.y))
    to[size_t(first_row + row) * size_t(row_length) + size_t(first_p + x)] = __float2bfloat16(tile[row][x]);
}

void round_to_bf16(Bf16* to, MatrixView from, int rows, int k, cudaStream_t stream) {
  if (rows == 0 || k == 0) return;
  const int row_length = padded(k, depth);
  const dim3 grid(unsigned(row_length / 32), unsigned(padded(rows, edge) / 32)), block(32, 8);
  round_to_bf16_kernel<<<grid, block, 0, stream>>>(reinterpret_cast<__nv_bfloat16*>(to), from, rows, k, row_length);
  CUDA_CHECK(cudaGetLastError());
}

void matmul_tensor_stages(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  Bf16 *rounded_a = nullptr, *rounded_b = nullptr;
  CUDA_CHECK(cudaMallocAsync(&rounded_a, rounded_size(m, std::max(k, 1)) * sizeof(Bf16), stream));
  CUDA_CHECK(cudaMallocAsync(&rounded_b, rounded_size(n, std::max(k, 1)) * sizeof(Bf16), stream));
  round_to_bf16(rounded_a, a, m, k, stream);
  round_to_bf16(rounded_b, b.transposed(), n, k, stream);
  matmul_bf16(c, rounded_a, rounded_b, m, n, k, finish, stream);
  CUDA_CHECK(cudaFreeAsync(rounded_a, stream));
  CUDA_CHECK(cudaFreeAsync(rounded_b, stream));
}

}  // namespace fast
