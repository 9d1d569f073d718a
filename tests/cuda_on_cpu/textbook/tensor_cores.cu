// One warp multiplies two 16x16 matrices of halves on tensor cores.
#include <cstdio>
#include <mma.h>
using namespace nvcuda;
__global__ void wmma_ker(half* a, half* b, float* c) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::col_major> a_frag;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> b_frag;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> c_frag;
  wmma::fill_fragment(c_frag, 0.0f);
  wmma::load_matrix_sync(a_frag, a, 16);
  wmma::load_matrix_sync(b_frag, b, 16);
  wmma::mma_sync(c_frag, a_frag, b_frag, c_frag);
  for (int i = 0; i < c_frag.num_elements; i++) c_frag.x[i] *= 2.0f;
  wmma::store_matrix_sync(c, c_frag, 16, wmma::mem_row_major);
}
int main() {
  half a[256], b[256], *da, *db;
  float c[256], *dc;
  for (int i = 0; i < 256; ++i) a[i] = __float2half(float(i % 7)), b[i] = __float2half(float(i % 5));
  cudaMalloc(&da, sizeof a), cudaMalloc(&db, sizeof b), cudaMalloc(&dc, sizeof c);
  cudaMemcpy(da, a, sizeof a, cudaMemcpyHostToDevice);
  cudaMemcpy(db, b, sizeof b, cudaMemcpyHostToDevice);
  wmma_ker<<<1, 32>>>(da, db, dc);
  cudaMemcpy(c, dc, sizeof c, cudaMemcpyDeviceToHost);
  cudaFree(da), cudaFree(db), cudaFree(dc);
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) {
      float sum = 0;
      for (int k = 0; k < 16; ++k) sum += float((k * 16 + i) % 7) * float((k * 16 + j) % 5);
      if (c[i * 16 + j] != 2 * sum) return printf("%d %d: %g\n", i, j, c[i * 16 + j]), 1;
    }
}
