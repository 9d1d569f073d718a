// expect: ~:15: wmma::mma_sync needs all 32 lanes of the warp & kernel multiply (launched at ~:23), block (0,0,0), thread (
#include "tests/cuda_on_cpu/require.h"

#include <mma.h>

using namespace nvcuda;

__global__ void multiply(float* p) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> a;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> b;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fill_fragment(a, __float2half(1.0f));
  wmma::fill_fragment(b, __float2half(1.0f));
  wmma::fill_fragment(sum, 0.0f);
  wmma::mma_sync(sum, a, b, sum);
  wmma::store_matrix_sync(p, sum, 16, wmma::mem_row_major);
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 256 * sizeof(float)));
  OK(cudaMemset(p, 0, 256 * sizeof(float)));
  multiply<<<1, 16>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: ; every later CUDA call returns cudaErrorLaunchFailure
