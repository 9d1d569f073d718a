// Operations of chapter 02 with fewer kernels: what several kernels would write to memory and read again stays in
// registers. Shapes and results are those of device.h.
#pragma once

#include <cstddef>

#include "chapters/01_serial/product.h"
#include "chapters/02_cuda/stream.h"

namespace fast {

// softmax.cu: row maximum, sum of exponentials, loss and gradient in one kernel, one warp per row
void softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float scale, int rows,
                           int classes, cudaStream_t stream);

// masked_product.cu: c (m, n) = mask (m, n) > 0 ? a (m, k) · b (k, n) : 0.  edge: of a block, 128, 64 or 32; 0: as step 14 chooses
void matmul_masked(float* c, MatrixView a, MatrixView b, const float* mask, int m, int n, int k, cudaStream_t stream, int edge = 0);

// column_sums.cu: db (columns) [+]= sum over rows of dy (rows, columns), rows ascending
void column_sums(float* db, const float* dy, Write write, int rows, int columns, cudaStream_t stream);

// optimizers.cu: one kernel per step
void momentum(float* w, float* v, const float* g, float rate, float mu, size_t n, cudaStream_t stream);
void adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon,
          int step, size_t n, cudaStream_t stream);
// The same for a step that is counted on the device: corrections (steps, 2) of which *step is the row.
void adam_counted(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon,
                  const float* corrections, const int* step, size_t n, cudaStream_t stream);

}  // namespace fast
