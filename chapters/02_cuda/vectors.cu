// The simplest kernels: thread i computes element i.
//
// A launch makes a grid of blocks of threads, all of which run the same function. The number of threads is a multiple
// of the block's size and n usually is not, so the last block has threads too many: `if (i < n)` sends them home.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"

namespace plain {

constexpr unsigned threads = 256;

// The number of this thread in the whole grid. In size_t: blockIdx.x * blockDim.x is a product of 32-bit numbers.
__device__ size_t thread_number() { return size_t(blockIdx.x) * blockDim.x + threadIdx.x; }

__global__ void fill_kernel(float* p, float value, size_t n) {
  const size_t i = thread_number();
  if (i < n) p[i] = value;
}

void fill(float* p, float value, size_t n, cudaStream_t stream) {
  if (n == 0) return;  // a grid of no blocks is an error
  fill_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(p, value, n);
  CUDA_CHECK(cudaGetLastError());
}

__global__ void add_kernel(float* y, const float* x, size_t n) {
  const size_t i = thread_number();
  if (i < n) y[i] += x[i];
}

void add(float* y, const float* x, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  add_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(y, x, n);
  CUDA_CHECK(cudaGetLastError());
}

__global__ void scale_kernel(float* y, float factor, size_t n) {
  const size_t i = thread_number();
  if (i < n) y[i] *= factor;
}

void scale(float* y, float factor, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  scale_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(y, factor, n);
  CUDA_CHECK(cudaGetLastError());
}

__global__ void relu_backward_kernel(float* dy, const float* y, size_t n) {
  const size_t i = thread_number();
  if (i < n) dy[i] = y[i] > 0 ? dy[i] : 0.0f;
}

void relu_backward(float* dy, const float* y, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  relu_backward_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(dy, y, n);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace plain
