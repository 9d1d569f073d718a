// y = relu(a x + y) in one kernel: fusion saves a trip through memory.
#include "chapters/02_cuda/cuda_check.h"

#include <cstddef>

// y[i] = max(0, a * x[i] + y[i]) for i < n, computed by one kernel, one thread an element, in blocks of 256 threads.
// x and y (n) are device memory. n may be 0, and need not be a multiple of 256. Need not wait for the kernel.
//
// The kernel stands above the function that launches it; write both.
// BEGIN SOLUTION
__global__ void axpy_relu_kernel(float* y, float a, const float* x, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) y[i] = fmaxf(0.0f, a * x[i] + y[i]);
}
// TODO
// The number of blocks is n / 256, rounded up, so the last block may have threads too many.
// STUB
// __global__ void axpy_relu_kernel(float* y, float a, const float* x, size_t n) {}
// END SOLUTION

void axpy_relu(float* y, float a, const float* x, size_t n) {
  // BEGIN SOLUTION
  if (n == 0) return;
  axpy_relu_kernel<<<unsigned((n + 255) / 256), 256>>>(y, a, x, n);
  CUDA_CHECK(cudaGetLastError());
  // TODO
  // Launch it. A grid of no blocks is an error, and no CUDA call goes unchecked.
  // STUB
  // END SOLUTION
}
