// A softmax for each row by a block: the largest and the sum by shuffles and shared memory.
#include <cfloat>
#include <cmath>
#include <cstdio>
template <class F> __device__ float block_reduce(float v, float start, F f) {
  __shared__ float part[8];
  for (int d = 16; d; d >>= 1) v = f(v, __shfl_xor_sync(~0u, v, d));
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
  __syncthreads();
  v = start;
  for (unsigned w = 0; w < blockDim.x / 32; ++w) v = f(v, part[w]);
  __syncthreads();
  return v;
}
struct Max { __device__ float operator()(float a, float b) const { return fmaxf(a, b); } };
__global__ void softmax(const float* x, float* y, int n) {
  x += blockIdx.x * n, y += blockIdx.x * n;
  float m = -FLT_MAX, s = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) m = max(m, x[i]);
  m = block_reduce(m, -FLT_MAX, Max());
  for (int i = threadIdx.x; i < n; i += blockDim.x) s += y[i] = __expf(x[i] - m);
  s = block_reduce(s, 0.0f, [](float a, float b) { return a + b; });
  for (int i = threadIdx.x; i < n; i += blockDim.x) y[i] /= s;
}
int main() {
  const int rows = 3, n = 100;
  static float h[rows][n], r[rows][n];
  for (int i = 0; i < rows * n; ++i) h[i / n][i % n] = i * 37 % 100 * 0.1f;
  float *x, *y;
  cudaMalloc(&x, sizeof h), cudaMalloc(&y, sizeof h);
  cudaMemcpy(x, h, sizeof h, cudaMemcpyHostToDevice);
  softmax<<<rows, 64>>>(x, y, n);
  cudaMemcpy(r, y, sizeof r, cudaMemcpyDeviceToHost);
  cudaFree(x), cudaFree(y);
  for (int i = 0; i < rows; ++i) {
    double sum = 0;
    for (float v : h[i]) sum += std::exp(double(v));
    for (int j = 0; j < n; ++j)
      if (std::fabs(r[i][j] - std::exp(double(h[i][j])) / sum) > 1e-6) return printf("%d %d\n", i, j), 1;
  }
}
