// Step 7: each warp has a compact tile of its own.
//
// The 32 threads of a warp read shared memory in one instruction, and words that several of them want are fetched once.
// In step 5 a warp is 4 x 8 threads, whose 8 x 8 tiles cover 32 x 64 elements; threads read float4 that lie 8 words apart and
// collide in the banks. Here a warp is 8 x 4 threads and covers 64 x 32 elements, and each thread's 8 x 8 are four tiles of
// 4 x 4, so that the float4 of neighbouring threads lie side by side: 8 different ones for a, 4 for b, no two in one bank.
//
//   a warp's 64 x 32 elements:          columns 0-15     columns 16-31
//                         rows  0-31    4 x 4 of each    4 x 4 of each
//                         rows 32-63    4 x 4 of each    4 x 4 of each
//
// A block has some warps side by side. More warps fetch each number for more threads; fewer leave more blocks, and a GPU
// with 100 multiprocessors needs hundreds of blocks. So the size of c decides between two shapes, which give the same bits.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/panel.cuh"

namespace fast {

namespace {
constexpr int warp_rows = 64, warp_columns = 32;
}

template <int warps_down, int warps_across>
__global__ void __launch_bounds__(32 * warps_down * warps_across)
    matmul_warp_tile_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                            Finish finish) {
  constexpr int threads = 32 * warps_down * warps_across;
  constexpr int rows = warp_rows * warps_down, columns = warp_columns * warps_across;
  __shared__ __align__(16) Panel<rows> a_panel;
  __shared__ __align__(16) Panel<columns> b_panel;
  const int first_row = int(blockIdx.x) * rows, first_column = int(blockIdx.y) * columns,
            thread = int(threadIdx.x);
  const int warp = thread / 32, lane = thread % 32;
  const int row = warp / warps_across * warp_rows + lane / 4 * 4;
  const int column = warp % warps_across * warp_columns + lane % 4 * 4;

  float sum[8][8] = {};
  for (int first = 0; first < k; first += panel_depth) {
    load_panel<rows, threads>(a_panel, a, first_row, first, m, k, thread);
    load_panel<columns, threads>(b_panel, b_transposed, first_column, first, n, k, thread);
    __syncthreads();
    multiply_panels<rows, columns>(sum, a_panel, b_panel, row, warp_rows / 2, column, warp_columns / 2);
    __syncthreads();
  }
  write_eight_by_eight(c, sum, first_row + row, warp_rows / 2, first_column + column, warp_columns / 2, m, n,
                       finish);
}

namespace {

template <int warps_down, int warps_across>
void launch(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, cudaStream_t stream) {
  const dim3 grid(blocks_for(size_t(m), warp_rows * warps_down),
                  blocks_for(size_t(n), warp_columns * warps_across));
  matmul_warp_tile_kernel<warps_down, warps_across>
      <<<grid, 32 * warps_down * warps_across, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

int multiprocessors() {
  static const int count = [] {
    int device = 0, value = 0;
    CUDA_CHECK(cudaGetDevice(&device));
    CUDA_CHECK(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, device));
    return value;
  }();
  return count;
}

}  // namespace

void matmul_warp_tile(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                      cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const size_t large_blocks = size_t(blocks_for(size_t(m), 128)) * blocks_for(size_t(n), 128);
  if (large_blocks >= 2 * size_t(multiprocessors()))
    launch<2, 4>(c, a, b, m, n, k, finish, stream);  // 128 x 128
  else
    launch<1, 2>(c, a, b, m, n, k, finish, stream);  // 64 x 64
}

}  // namespace fast
