// Step 1: one thread per element, numbered the wrong way round.
//
// threadIdx.x counts neighbours in a warp. Here it counts rows: 32 neighbours read 32 rows of a and write 32 rows of c,
// places that lie a whole row apart. The memory answers in pieces of 32 bytes and needs 32 pieces for what could be 4. The
// kernel is right, and a page of such code looks innocent; that is why it comes first.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/element.cuh"
#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

__global__ void matmul_naive_kernel(float* c, MatrixView a, MatrixView b, int m, int n, int k,
                                    Finish finish) {
  const int row = int(blockIdx.x * blockDim.x + threadIdx.x);
  const int column = int(blockIdx.y * blockDim.y + threadIdx.y);
  if (row >= m || column >= n) return;
  float sum = 0;
  for (int p = 0; p < k; ++p)
    sum += a.data[row * a.row_step + p * a.column_step] * b.data[p * b.row_step + column * b.column_step];
  write_element(c, sum, row, column, m, n, finish);
}

void matmul_naive(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                  cudaStream_t stream) {
  if (m == 0 || n == 0) return;
  const dim3 block(32, 8), grid(blocks_for(size_t(m), block.x), blocks_for(size_t(n), block.y));
  matmul_naive_kernel<<<grid, block, 0, stream>>>(c, a, b, m, n, k, finish);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
