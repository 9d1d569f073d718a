// expect: ~:13: the stride of a wmma matrix must be a multiple of 16 bytes & kernel zero (launched at ~:21), block (0,0,0), thread (
#include "tests/cuda_on_cpu/require.h"

#include <mma.h>

__global__ void zero(float* p, const __half* h) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 700
  nvcuda::wmma::fragment<nvcuda::wmma::matrix_a, 16, 16, 16, __half, nvcuda::wmma::row_major> a;
  nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, 16, float> sum;
  nvcuda::wmma::load_matrix_sync(a, h, 24);  // 48 bytes
  nvcuda::wmma::fill_fragment(sum, 0.0f);
  nvcuda::wmma::store_matrix_sync(p, sum, 20, nvcuda::wmma::mem_row_major);  // 80 bytes
  nvcuda::wmma::store_matrix_sync(p, sum, 18, nvcuda::wmma::mem_row_major);  // 72 bytes
#endif
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 400 * sizeof(float)));
  OK(cudaMemset(p, 0, 400 * sizeof(float)));
  zero<<<1, 32>>>(p, reinterpret_cast<__half*>(p));
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: ; every later CUDA call returns cudaErrorMisalignedAddress
