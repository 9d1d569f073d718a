// The operations of a Device as CUDA kernels, written as plainly as possible: one thread computes one element of the
// result, every formula is a kernel of its own. Chapter 03 makes them fast.
//
// Each function starts its kernel on `stream` and returns; the kernel runs later. Pointers are device memory. Sizes may
// be 0: then nothing is started. Shapes and results are those of device.h.
#pragma once

#include <cstddef>

#include "chapters/01_serial/product.h"
#include "chapters/02_cuda/stream.h"

// Blocks of `size` threads that it takes to have n threads: n / size, rounded up.
inline unsigned blocks_for(size_t n, unsigned size) { return unsigned((n + size - 1) / size); }

namespace plain {

// matmul.cu: c (m, n) [+]= a (m, k) · b (k, n)
void matmul(float* c, MatrixView a, MatrixView b, Write write, int m, int n, int k, cudaStream_t stream);

// bias.cu: y (rows, columns) = activation(y + b (columns)), b may be null;  db (columns) [+]= sum over rows of dy
void add_bias(float* y, const float* b, Activation activation, int rows, int columns, cudaStream_t stream);
void column_sums(float* db, const float* dy, Write write, int rows, int columns, cudaStream_t stream);

// softmax.cu
void row_max(float* maximum, const float* z, int rows, int classes, cudaStream_t stream);
void row_exp_sum(float* sum, const float* z, const float* maximum, int rows, int classes,
                 cudaStream_t stream);
void softmax_finish(float* loss, float* dz, const float* z, const float* maximum, const float* sum,
                    const int* labels, float scale, int rows, int classes, int first_class,
                    cudaStream_t stream);

// vectors.cu
void fill(float* p, float value, size_t n, cudaStream_t stream);
void add(float* y, const float* x, size_t n, cudaStream_t stream);
void scale(float* y, float factor, size_t n, cudaStream_t stream);
void relu_backward(float* dy, const float* y, size_t n, cudaStream_t stream);

// optimizers.cu
void sgd(float* w, const float* g, float rate, size_t n, cudaStream_t stream);
void momentum(float* w, float* v, const float* g, float rate, float mu, size_t n, cudaStream_t stream);
void adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon,
          int step, size_t n, cudaStream_t stream);

}  // namespace plain
