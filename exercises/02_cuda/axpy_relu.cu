// y = relu(a x + y) in one kernel: fusion saves a trip through memory.
//
// Task 02_axpy_relu: warm-up, 2 points. Try it: make ex-02_axpy_relu
#include "chapters/02_cuda/cuda_check.h"

#include <cstddef>

// y[i] = max(0, a * x[i] + y[i]) for i < n, computed by one kernel, one thread an element, in blocks of 256 threads.
// x and y (n) are device memory. n may be 0, and need not be a multiple of 256. Need not wait for the kernel.
//
// The kernel stands above the function that launches it; write both.
// --- YOUR CODE (4 lines in ours)
// The number of blocks is n / 256, rounded up, so the last block may have threads too many.
__global__ void axpy_relu_kernel(float* y, float a, const float* x, size_t n) {}
// --- END OF YOUR CODE

void axpy_relu(float* y, float a, const float* x, size_t n) {
  // --- YOUR CODE (3 lines in ours)
  // Launch it. A grid of no blocks is an error, and no CUDA call goes unchecked.
  // --- END OF YOUR CODE
}
// As generated: 2620826468-952
