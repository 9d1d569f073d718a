// expect: ~:10: a wmma matrix must begin at a multiple of 32 bytes & kernel zero (launched at ~:18), block (0,0,0), thread (
#include "tests/cuda_on_cpu/require.h"

#include <mma.h>

__global__ void zero(float* p) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 700
  nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, 16, float> sum;
  nvcuda::wmma::fill_fragment(sum, 0.0f);
  nvcuda::wmma::store_matrix_sync(p + 1, sum, 16, nvcuda::wmma::mem_row_major);
#endif
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 300 * sizeof(float)));
  OK(cudaMemset(p, 0, 300 * sizeof(float)));
  zero<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: ; every later CUDA call returns cudaErrorMisalignedAddress
