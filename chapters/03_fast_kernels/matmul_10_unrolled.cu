// Step 10: the loop along k is written out.
//
// In step 9 a step along k has 64 multiply-adds, 4 loads from shared memory, and the loop's own work: count, compare, jump,
// compute four addresses. `#pragma unroll` (panel.cuh, multiply_panels) makes one longer piece of code of two steps: the second
// one's addresses are constants added to the first one's registers, there is one jump in two steps, and the loads of the second
// step can be placed before the multiplications of the first. Not four or eight: the compiler would hold the numbers of more
// steps at once than 128 registers can, and *spill*: write some to memory and read them back.
//
// Each of a multiprocessor's four parts begins one instruction of a warp a cycle, on the newest GPUs also if it is a multiply-add:
// there, what is no multiply-add costs the place of one.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"
#include "chapters/03_fast_kernels/warp_tile.cuh"

namespace fast {

namespace {
constexpr Savings savings{.unrolled = true};
}  // namespace

__global__ void __launch_bounds__(LargeTile::threads, 2)
    matmul_unrolled_kernel(float* c, MatrixView a, MatrixView b_transposed, int m, int n, int k,
                           Finish finish) {
  multiply_warp_tiles<LargeTile, savings>(c, a, b_transposed, m, n, k, finish);
}

void matmul_unrolled(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                     cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 grid(blocks_for(size_t(m), LargeTile::rows), blocks_for(size_t(n), LargeTile::columns));
  matmul_unrolled_kernel<<<grid, LargeTile::threads, 0, stream>>>(c, a, b.transposed(), m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
