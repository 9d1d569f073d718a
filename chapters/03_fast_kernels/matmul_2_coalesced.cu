// Step 2: the same kernel, threads numbered along the columns.
//
// Two lines differ from step 1. Now the 32 threads of a warp read 32 neighbours of a row of b (one transaction), one and
// the same element of a (a broadcast), and write 32 neighbours of c.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/element.cuh"
#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

__global__ void matmul_coalesced_kernel(float* c, MatrixView a, MatrixView b, int m, int n, int k,
                                        Finish finish) {
  const int row = int(blockIdx.x * blockDim.y + threadIdx.y);
  const int column = int(blockIdx.y * blockDim.x + threadIdx.x);
  if (row >= m || column >= n) return;
  float sum = 0;
  for (int p = 0; p < k; ++p)
    sum += a.data[row * a.row_step + p * a.column_step] * b.data[p * b.row_step + column * b.column_step];
  write_element(c, sum, row, column, m, n, finish);
}

void matmul_coalesced(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                      cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 block(32, 8), grid(blocks_for(size_t(m), block.y), blocks_for(size_t(n), block.x));
  matmul_coalesced_kernel<<<grid, block, 0, stream>>>(c, a, b, m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
