// Step 15: tensor cores multiply small matrices, a warp at a time.
//
// One instruction of a warp computes d (16, 16) = a (16, 16) · b (16, 16) + c, with inputs of fewer bits and sums in float.
// nvcuda::wmma is CUDA's portable name for it: a `fragment` is a matrix spread over the registers of the 32 lanes; one
// loads it, multiplies, stores it. How it is spread is not promised. (The instruction below it, mma.sync, promises it: "Matrix
// fragments for mma.m16n8k16" in NVIDIA's PTX manual. A kernel that uses it can keep its bias and ReLU in registers.)
//
//   tf32      11 significant bits, range of a float    16 x 16 x 8     from compute capability 8.0
//   bfloat16   8 significant bits, range of a float    16 x 16 x 16    from 8.0
//   half      11 significant bits, up to 65504         16 x 16 x 16    from 7.0
//
// A half has few exponents at the lower end, too: below 6e-5 it loses bits, below 3e-8 it is 0. Small gradients vanish, and
// that is why training in half multiplies the loss by a large number first ("loss scaling"). Here nothing is scaled.
//
// The price is the rounding of the inputs: with 11 bits each product is off by up to a thousandth. So these products are
// chosen by name and are no device's default: the runs of this course are compared with chapter 01's to 24 bits.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/element.cuh"
#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

namespace wmma = nvcuda::wmma;

namespace {

struct Tf32 {};
struct Bfloat16 {};
struct Half {};

// How a kind of number is stored and converted. A kind that the GPU we compile for does not have has no `exists`.
template <class Kind>
struct Format {
  static constexpr bool exists = false;
};
template <>
struct Format<Half> {
  static constexpr bool exists = true;
  static constexpr int step = 16;  // along k in one multiplication
  using Stored = __half;
  using Fragment = __half;
  __device__ static Stored convert(float x) { return __float2half(x); }
};
// The compiler passes over this file once for the host and once for each kind of GPU: __CUDA_ARCH__ says which.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
template <>
struct Format<Tf32> {
  static constexpr bool exists = true;
  static constexpr int step = 8;
  using Stored = float;
  using Fragment = wmma::precision::tf32;
  __device__ static Stored convert(float x) { return wmma::__float_to_tf32(x); }
};
template <>
struct Format<Bfloat16> {
  static constexpr bool exists = true;
  static constexpr int step = 16;
  using Stored = __nv_bfloat16;
  using Fragment = __nv_bfloat16;
  __device__ static Stored convert(float x) { return __float2bfloat16(x); }
};
#endif

constexpr int edge = 64, depth = 16;  // of the block's part of c, and of the tiles along k
constexpr int part = 32;              // edge of a warp's part: 2 x 2 fragments of 16 x 16
constexpr int threads = 32 * (edge / part) * (edge / part);

// tile (height, width) = the part of a (rows, columns) view at (first_row, first_column), converted, zeros outside.
template <class Kind, int height, int width, int row_length, class Stored>
__device__ void load_tile(Stored (&tile)[height][row_length], const MatrixView& v, int first_row,
                          int first_column, int rows, int columns) {
  for (int i = int(threadIdx.x); i < height * width; i += threads) {
    const bool along_rows = v.column_step == 1;
    const int r = along_rows ? i / width : i % height, j = along_rows ? i % width : i / height;
    tile[r][j] = Format<Kind>::convert(element_or_zero(v, first_row + r, first_column + j, rows, columns));
  }
}

template <class Kind>
__device__ void multiply(float* c, const MatrixView& a, const MatrixView& b, int m, int n, int k,
                         const Finish& finish) {
  using F = Format<Kind>;
  using Stored = typename F::Stored;
  constexpr int step = F::step;
  // wmma wants every fragment to begin at a multiple of 32 bytes, and rows that are multiples of 16 bytes long. 16 unused
  // bytes after each row move the next one by four banks.
  constexpr int gap = 16 / sizeof(Stored);
  __shared__ __align__(32) Stored a_tile[edge][depth + gap];
  __shared__ __align__(32) Stored b_tile[depth][edge + gap];
  __shared__ __align__(32) float c_tile[edge][edge + 8];
  const int first_row = int(blockIdx.x) * edge, first_column = int(blockIdx.y) * edge;
  const int warp = int(threadIdx.x) / 32, row = warp / (edge / part) * part,
            column = warp % (edge / part) * part;

  wmma::fragment<wmma::accumulator, 16, 16, step, float> sum[2][2];
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) wmma::fill_fragment(sum[i][j], 0.0f);

  for (int first = 0; first < k; first += depth) {
    load_tile<Kind, edge, depth>(a_tile, a, first_row, first, m, k);
    load_tile<Kind, depth, edge>(b_tile, b, first, first_column, k, n);
    __syncthreads();
    for (int p = 0; p < depth; p += step) {
      wmma::fragment<wmma::matrix_a, 16, 16, step, typename F::Fragment, wmma::row_major> a_part[2];
      wmma::fragment<wmma::matrix_b, 16, 16, step, typename F::Fragment, wmma::row_major> b_part[2];
      for (int i = 0; i < 2; ++i) wmma::load_matrix_sync(a_part[i], &a_tile[row + 16 * i][p], depth + gap);
      for (int j = 0; j < 2; ++j) wmma::load_matrix_sync(b_part[j], &b_tile[p][column + 16 * j], edge + gap);
      for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) wmma::mma_sync(sum[i][j], a_part[i], b_part[j], sum[i][j]);
    }
    __syncthreads();
  }

  // Which lane holds which element of a fragment is not promised: through shared memory they get their places back.
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j)
      wmma::store_matrix_sync(&c_tile[row + 16 * i][column + 16 * j], sum[i][j], edge + 8,
                              wmma::mem_row_major);
  __syncthreads();
  for (int i = int(threadIdx.x); i < edge * edge; i += threads)
    write_element(c, c_tile[i / edge][i % edge], first_row + i / edge, first_column + i % edge, m, n, finish);
}

template <class Kind>
__global__ void __launch_bounds__(threads)
    matmul_tensor_kernel(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) {
  if constexpr (Format<Kind>::exists)
    multiply<Kind>(c, a, b, m, n, k, finish);
  else
    __trap();  // can_run() keeps programs from coming here
}

template <class Kind>
void launch(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), edge), blocks_for(size_t(n), edge));
  matmul_tensor_kernel<Kind><<<grid, threads, 0, stream>>>(c, a, b, m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace

void matmul_tensor_tf32(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                        cudaStream_t stream) {
  launch<Tf32>(c, a, b, m, n, k, finish, stream);
}

void matmul_tensor_bfloat16(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                            cudaStream_t stream) {
  launch<Bfloat16>(c, a, b, m, n, k, finish, stream);
}

void matmul_tensor_half(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                        cudaStream_t stream) {
  launch<Half>(c, a, b, m, n, k, finish, stream);
}

}  // namespace fast
