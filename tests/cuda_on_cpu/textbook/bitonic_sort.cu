// A bitonic sort: a launch for each step, and for small numbers of elements in one block.
#include <algorithm>
#include <cstdio>
__global__ void bitonic_sort_step(float* dev_values, int j, int k) {
  unsigned int i = threadIdx.x + blockDim.x * blockIdx.x, ixj = i ^ j;
  if (ixj <= i) return;
  float a = dev_values[i], b = dev_values[ixj];
  if ((i & k) == 0 ? a > b : a < b) dev_values[i] = b, dev_values[ixj] = a;
}
__global__ void odd_even(int* values, int n) {
  extern __shared__ int s[];
  s[threadIdx.x] = values[threadIdx.x];
  for (int phase = 0; phase < n; ++phase) {
    __syncthreads();
    int i = 2 * threadIdx.x + phase % 2;
    if (i + 1 < n && s[i] > s[i + 1]) { int t = s[i]; s[i] = s[i + 1]; s[i + 1] = t; }
  }
  __syncthreads();
  values[threadIdx.x] = s[threadIdx.x];
}
int main() {
  const int n = 512, m = 50;
  float h[n], r[n], *d;
  int g[m], q[m], *e;
  for (int i = 0; i < n; ++i) h[i] = i * 7919 % 1009;
  for (int i = 0; i < m; ++i) g[i] = i * 31 % 47;
  cudaMalloc(&d, sizeof h), cudaMalloc(&e, sizeof g);
  cudaMemcpy(d, h, sizeof h, cudaMemcpyHostToDevice);
  cudaMemcpy(e, g, sizeof g, cudaMemcpyHostToDevice);
  for (int k = 2; k <= n; k <<= 1)
    for (int j = k >> 1; j > 0; j >>= 1) bitonic_sort_step<<<n / 64, 64>>>(d, j, k);
  odd_even<<<1, m, m * sizeof(int)>>>(e, m);
  cudaMemcpy(r, d, sizeof r, cudaMemcpyDeviceToHost);
  cudaMemcpy(q, e, sizeof q, cudaMemcpyDeviceToHost);
  cudaFree(d), cudaFree(e);
  std::sort(h, h + n);
  std::sort(g, g + m);
  return std::equal(h, h + n, r) && std::equal(g, g + m, q) ? 0 : 1;
}
