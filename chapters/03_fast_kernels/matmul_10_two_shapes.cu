// Step 10: the size of c decides between two shapes of block.
//
// Large blocks fetch less, small ones are more: a 128 x 512 product has 4 blocks of 128 x 128 and 16 of 64 x 64, and a GPU
// with 100 multiprocessors would like hundreds. Both give the same bits, so the choice changes no result.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

namespace {
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

void matmul_two_shapes(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                       cudaStream_t stream) {
  const size_t large_blocks = size_t(blocks_for(size_t(m), 128)) * blocks_for(size_t(n), 128);
  const bool enough = large_blocks >= 2 * size_t(multiprocessors());  // two are on a multiprocessor at once
  (enough ? matmul_large_block : matmul_warp_tile)(c, a, b, m, n, k, finish, stream);
}

}  // namespace fast
