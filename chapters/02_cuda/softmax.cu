// Softmax cross-entropy in three kernels. Here threads work together for the first time: one block per row, whose
// threads share a maximum or a sum.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"

namespace plain {

constexpr unsigned threads = 64;  // a power of two

struct Larger {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};
struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};

// Combines one value of each thread of the block into one, in steps: 64 values become 32, 16, 8, 4, 2, 1.
// Shared memory is seen by all threads of a block. __syncthreads() holds every thread until all have come to it: only
// then has everybody's value been written. All threads of the block must call this, once per kernel.
template <class Combine>
__device__ float reduce_block(float value, Combine combine) {
  __shared__ float values[threads];
  values[threadIdx.x] = value;
  __syncthreads();
  for (unsigned half = threads / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) values[threadIdx.x] = combine(values[threadIdx.x], values[threadIdx.x + half]);
    __syncthreads();  // outside of the `if`: a barrier that some threads never reach holds the others for ever
  }
  return values[0];
}

__global__ void row_max_kernel(float* maximum, const float* z, int classes) {
  const float* row = z + size_t(blockIdx.x) * size_t(classes);
  float mine = -INFINITY;
  for (int j = int(threadIdx.x); j < classes; j += threads) mine = fmaxf(mine, row[j]);
  const float result = reduce_block(mine, Larger());
  if (threadIdx.x == 0) maximum[blockIdx.x] = result;
}

void row_max(float* maximum, const float* z, int rows, int classes, cudaStream_t stream) {
  if (rows == 0) return;
  row_max_kernel<<<unsigned(rows), threads, 0, stream>>>(maximum, z, classes);
  CUDA_CHECK(cudaGetLastError());
}

__global__ void row_exp_sum_kernel(float* sum, const float* z, const float* maximum, int classes) {
  const float* row = z + size_t(blockIdx.x) * size_t(classes);
  float mine = 0;
  for (int j = int(threadIdx.x); j < classes; j += threads) mine += expf(row[j] - maximum[blockIdx.x]);
  const float result = reduce_block(mine, Sum());
  if (threadIdx.x == 0) sum[blockIdx.x] = result;
}

void row_exp_sum(float* sum, const float* z, const float* maximum, int rows, int classes,
                 cudaStream_t stream) {
  if (rows == 0) return;
  row_exp_sum_kernel<<<unsigned(rows), threads, 0, stream>>>(sum, z, maximum, classes);
  CUDA_CHECK(cudaGetLastError());
}

__global__ void softmax_finish_kernel(float* loss, float* dz, const float* z, const float* maximum,
                                      const float* sum, const int* labels, float scale, int classes,
                                      int first_class) {
  const unsigned r = blockIdx.x;
  const size_t offset = size_t(r) * size_t(classes);
  const int label = labels[r] - first_class;  // its column here, if it has one
  if (threadIdx.x == 0) {
    const bool has_class_0 = first_class == 0 && classes > 0, has_label = label >= 0 && label < classes;
    loss[r] =
        (has_class_0 ? logf(sum[r]) : 0.0f) + (has_label ? maximum[r] - z[offset + size_t(label)] : 0.0f);
  }
  __syncthreads();  // dz may be z: thread 0 must have read the label's z before another thread writes there
  for (int j = int(threadIdx.x); j < classes; j += threads) {
    const float p = expf(z[offset + size_t(j)] - maximum[r]) / sum[r];
    dz[offset + size_t(j)] = scale * (p - (j == label ? 1.0f : 0.0f));
  }
}

void softmax_finish(float* loss, float* dz, const float* z, const float* maximum, const float* sum,
                    const int* labels, float scale, int rows, int classes, int first_class,
                    cudaStream_t stream) {
  if (rows == 0) return;
  softmax_finish_kernel<<<unsigned(rows), threads, 0, stream>>>(loss, dz, z, maximum, sum, labels, scale,
                                                                classes, first_class);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace plain
