// Heat on a plate: steps with two buffers that change places.
#include <cstdio>
#include <utility>
__global__ void step(const float* t, float* next, int n) {
  int x = threadIdx.x + blockIdx.x * blockDim.x, y = threadIdx.y + blockIdx.y * blockDim.y;
  if (x < 1 || y < 1 || x >= n - 1 || y >= n - 1) return;
  int i = y * n + x;
  next[i] = t[i] + 0.25f * (t[i - 1] + t[i + 1] + t[i - n] + t[i + n] - 4 * t[i]);
}
int main() {
  const int n = 40, steps = 20;
  static float h[n * n], w[n * n], r[n * n];
  for (int i = 0; i < n; ++i) h[i] = w[i] = 64;
  float *a, *b;
  cudaMalloc(&a, sizeof h), cudaMalloc(&b, sizeof h);
  cudaMemcpy(a, h, sizeof h, cudaMemcpyHostToDevice);
  cudaMemcpy(b, a, sizeof h, cudaMemcpyDeviceToDevice);
  for (int s = 0; s < steps; ++s) {
    step<<<dim3(3, 5), dim3(16, 8)>>>(a, b, n);
    std::swap(a, b);
  }
  cudaMemcpy(r, a, sizeof r, cudaMemcpyDeviceToHost);
  cudaFree(a), cudaFree(b);
  for (int s = 0; s < steps; ++s) {
    for (int y = 1; y < n - 1; ++y)
      for (int x = 1; x < n - 1; ++x) {
        int i = y * n + x;
        w[i] = h[i] + 0.25f * (h[i - 1] + h[i + 1] + h[i - n] + h[i + n] - 4 * h[i]);
      }
    std::swap(h, w);
  }
  for (int i = 0; i < n * n; ++i)
    if (fabsf(r[i] - h[i]) > 1e-4f) return printf("%d: %g %g\n", i, r[i], h[i]), 1;
}
