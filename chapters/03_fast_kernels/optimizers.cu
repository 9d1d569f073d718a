// One kernel for an optimizer step.
//
// These kernels do a few operations per number, so the memory decides. Chapter 02's Adam reads and writes m, v, w and g in
// three passes: 7 reads and 3 writes per parameter; in one pass it is 4 and 3, and two launches less.
#include <cmath>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/fused.h"

namespace fast {

namespace {
constexpr unsigned threads = 256;
}

__global__ void momentum_kernel(float* w, float* v, const float* g, float rate, float mu, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float velocity = mu * v[i] + g[i];
  v[i] = velocity;
  w[i] -= rate * velocity;
}

void momentum(float* w, float* v, const float* g, float rate, float mu, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  momentum_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(w, v, g, rate, mu, n);
  CUDA_CHECK(cudaGetLastError());
}

__device__ void adam_element(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2,
                             float epsilon, float correction1, float correction2, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float gradient = g[i];
  const float mean = beta1 * m[i] + (1 - beta1) * gradient;
  const float square = beta2 * v[i] + (1 - beta2) * gradient * gradient;
  m[i] = mean;
  v[i] = square;
  w[i] -= rate * (mean / correction1) / (sqrtf(square / correction2) + epsilon);
}

__global__ void adam_kernel(float* w, float* m, float* v, const float* g, float rate, float beta1,
                            float beta2, float epsilon, float correction1, float correction2, size_t n) {
  adam_element(w, m, v, g, rate, beta1, beta2, epsilon, correction1, correction2, n);
}
__global__ void adam_counted_kernel(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2,
                                    float epsilon, const float* corrections, const int* step, size_t n) {
  const float* pair = corrections + 2 * *step;
  adam_element(w, m, v, g, rate, beta1, beta2, epsilon, pair[0], pair[1], n);
}

void adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon,
          int step, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  const float correction1 = float(1 - std::pow(double(beta1), step));
  const float correction2 = float(1 - std::pow(double(beta2), step));
  adam_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(w, m, v, g, rate, beta1, beta2, epsilon,
                                                              correction1, correction2, n);
  CUDA_CHECK(cudaGetLastError());
}

void adam_counted(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon,
                  const float* corrections, const int* step, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  adam_counted_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(w, m, v, g, rate, beta1, beta2, epsilon, corrections,
                                                                      step, n);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
