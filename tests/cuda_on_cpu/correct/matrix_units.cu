// nvcuda::wmma in half, bfloat16 and tf32, from global and from shared memory, both layouts.
#include "tests/cuda_on_cpu/require.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

using namespace nvcuda;

// c (16, 16) = a (16, 16) · b (16, 16), a by rows, b by columns; one warp.
template <class T>
__global__ void multiply16(float* c, const T* a, const T* b) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  __shared__ __align__(32) T tile[256];
  for (int i = threadIdx.x; i < 256; i += 32) tile[i] = a[i];
  __syncwarp();
  wmma::fragment<wmma::matrix_a, 16, 16, 16, T, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, T, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fill_fragment(sum, 1.0f);
  wmma::load_matrix_sync(left, tile, 16);
  wmma::load_matrix_sync(right, b, 16);
  wmma::mma_sync(sum, left, right, sum);
  for (int i = 0; i < sum.num_elements; ++i) sum.x[i] -= 1;
  wmma::store_matrix_sync(c, sum, 16, wmma::mem_row_major);
#endif
}

// c (16, 16) = a (16, 8) · b (8, 16), both by rows; inputs rounded to tf32.
__global__ void multiply_tf32(float* c, const float* a, const float* b) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major> right;
  wmma::fragment<wmma::accumulator, 16, 16, 8, float> sum;
  wmma::fill_fragment(sum, 0.0f);
  wmma::load_matrix_sync(left, a, 8);
  wmma::load_matrix_sync(right, b, 16);
  for (int i = 0; i < left.num_elements; ++i) left.x[i] = wmma::__float_to_tf32(left.x[i]);
  for (int i = 0; i < right.num_elements; ++i) right.x[i] = wmma::__float_to_tf32(right.x[i]);
  wmma::mma_sync(sum, left, right, sum);
  wmma::store_matrix_sync(c, sum, 16, wmma::mem_col_major);
#endif
}

// c (m, n) = a (m, 16) · b (16, n) + c, all by rows: higher than wide, or wider than high.
template <int m, int n>
__global__ void multiply_oblong(float* c, const half* a, const half* b) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 700
  wmma::fragment<wmma::matrix_a, m, n, 16, half, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, m, n, 16, half, wmma::row_major> right;
  wmma::fragment<wmma::accumulator, m, n, 16, float> sum;
  wmma::load_matrix_sync(left, a, 16);
  wmma::load_matrix_sync(right, b, n);
  wmma::load_matrix_sync(sum, c, n, wmma::mem_row_major);
  wmma::mma_sync(sum, left, right, sum);
  wmma::store_matrix_sync(c, sum, n, wmma::mem_row_major);
#endif
}

float make(float x, float) { return x; }
half make(float x, half) { return __float2half(x); }
__nv_bfloat16 make(float x, __nv_bfloat16) { return __float2bfloat16(x); }

template <class T>
void test16(float* c) {
  T a[256], b[256], *da, *db;
  float fa[256], fb[256], result[256];
  for (int i = 0; i < 256; ++i) {
    fa[i] = static_cast<float>(i % 7) - 3, fb[i] = static_cast<float>(i % 5) - 2;
    a[i] = make(fa[i], T()), b[i] = make(fb[i], T());
  }
  OK(cudaMalloc(&da, sizeof a));
  OK(cudaMalloc(&db, sizeof b));
  OK(cudaMemcpy(da, a, sizeof a, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(db, b, sizeof b, cudaMemcpyHostToDevice));
  multiply16<T><<<1, 32>>>(c, da, db);
  OK(cudaGetLastError());
  OK(cudaMemcpy(result, c, sizeof result, cudaMemcpyDeviceToHost));
  for (int row = 0; row < 16; ++row)
    for (int column = 0; column < 16; ++column) {
      float sum = 0;
      for (int k = 0; k < 16; ++k) sum += fa[row * 16 + k] * fb[column * 16 + k];
      REQUIRE(result[row * 16 + column] == sum);  // small integers: exact
    }
  OK(cudaFree(da));
  OK(cudaFree(db));
}

template <int m, int n>
void test_oblong(float* c) {
  half a[m * 16], b[16 * n], *da, *db;
  float before[m * n], result[m * n];
  for (int i = 0; i < m * 16; ++i) a[i] = __float2half(static_cast<float>(i % 7) - 3);
  for (int i = 0; i < 16 * n; ++i) b[i] = __float2half(static_cast<float>(i % 5) - 2);
  for (int i = 0; i < m * n; ++i) before[i] = static_cast<float>(i);
  OK(cudaMalloc(&da, sizeof a));
  OK(cudaMalloc(&db, sizeof b));
  OK(cudaMemcpy(da, a, sizeof a, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(db, b, sizeof b, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(c, before, sizeof before, cudaMemcpyHostToDevice));
  multiply_oblong<m, n><<<1, 32>>>(c, da, db);
  OK(cudaGetLastError());
  OK(cudaMemcpy(result, c, sizeof result, cudaMemcpyDeviceToHost));
  for (int row = 0; row < m; ++row)
    for (int column = 0; column < n; ++column) {
      float sum = before[row * n + column];
      for (int k = 0; k < 16; ++k) sum += __half2float(a[row * 16 + k]) * __half2float(b[k * n + column]);
      REQUIRE(result[row * n + column] == sum);
    }
  OK(cudaFree(da));
  OK(cudaFree(db));
}

int main() {
  float *c, *a, *b, ha[128], hb[128], result[256];
  OK(cudaMalloc(&c, 256 * sizeof(float)));
  test16<half>(c);
  test16<__nv_bfloat16>(c);
  test_oblong<32, 8>(c);
  test_oblong<8, 32>(c);
  for (int i = 0; i < 128; ++i) ha[i] = i % 8 == 0 ? 1.0f + 1.0f / 2048 : 0, hb[i] = i < 16 ? 3.0f : 0;
  OK(cudaMalloc(&a, sizeof ha));
  OK(cudaMalloc(&b, sizeof hb));
  OK(cudaMemcpy(a, ha, sizeof ha, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(b, hb, sizeof hb, cudaMemcpyHostToDevice));
  multiply_tf32<<<1, 32>>>(c, a, b);
  OK(cudaMemcpy(result, c, sizeof result, cudaMemcpyDeviceToHost));
  for (float value : result) REQUIRE(value == 3 * (1.0f + 1.0f / 1024));  // half a step: away from zero
  OK(cudaFree(a));
  OK(cudaFree(b));
  OK(cudaFree(c));
}
