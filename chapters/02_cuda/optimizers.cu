// The update rules, one kernel per formula: momentum is an average and a step, Adam two averages and a step.
// Each kernel reads and writes whole vectors, and that is what these rules cost; chapter 03 makes one kernel of each.
#include <cmath>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"

namespace plain {

constexpr unsigned threads = 256;

__global__ void sgd_kernel(float* w, const float* g, float rate, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) w[i] -= rate * g[i];
}

void sgd(float* w, const float* g, float rate, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  sgd_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(w, g, rate, n);
  CUDA_CHECK(cudaGetLastError());
}

// v = old · v + fresh · g
__global__ void average_kernel(float* v, const float* g, float old, float fresh, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) v[i] = old * v[i] + fresh * g[i];
}

void average(float* v, const float* g, float old, float fresh, size_t n, cudaStream_t stream) {
  average_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(v, g, old, fresh, n);
  CUDA_CHECK(cudaGetLastError());
}

void momentum(float* w, float* v, const float* g, float rate, float mu, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  average(v, g, mu, 1.0f, n, stream);
  sgd(w, v, rate, n, stream);
}

// v = old · v + fresh · g²
__global__ void average_of_squares_kernel(float* v, const float* g, float old, float fresh, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) v[i] = old * v[i] + fresh * g[i] * g[i];
}

void average_of_squares(float* v, const float* g, float old, float fresh, size_t n, cudaStream_t stream) {
  average_of_squares_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(v, g, old, fresh, n);
  CUDA_CHECK(cudaGetLastError());
}

// correction: 1 - beta^step, what an average of `step` values is short of, because it started at zero.
__global__ void adam_step_kernel(float* w, const float* m, const float* v, float rate, float correction1,
                                 float correction2, float epsilon, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) w[i] -= rate * (m[i] / correction1) / (sqrtf(v[i] / correction2) + epsilon);
}

void adam_step(float* w, const float* m, const float* v, float rate, float correction1, float correction2,
               float epsilon, size_t n, cudaStream_t stream) {
  adam_step_kernel<<<blocks_for(n, threads), threads, 0, stream>>>(w, m, v, rate, correction1, correction2,
                                                                   epsilon, n);
  CUDA_CHECK(cudaGetLastError());
}

void adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon,
          int step, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  average(m, g, beta1, 1 - beta1, n, stream);
  average_of_squares(v, g, beta2, 1 - beta2, n, stream);
  const float correction1 = float(1 - std::pow(double(beta1), step));
  const float correction2 = float(1 - std::pow(double(beta2), step));
  adam_step(w, m, v, rate, correction1, correction2, epsilon, n, stream);
}

}  // namespace plain
