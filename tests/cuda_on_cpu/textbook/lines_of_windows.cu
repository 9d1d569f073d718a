#include <cstdio>
#include <cstdlib>
#define CHECK(call)                                                   \
  do {                                                                \
    cudaError_t e = (call);                                           \
    if (e != cudaSuccess) { printf("%s\n", cudaGetErrorString(e)); exit(1); } \
  } while (0)
#define LAUNCH(kernel, n, ...)                  \
  do {                                          \
    kernel<<<((n) + 31) / 32, 32>>>(__VA_ARGS__); \
    CHECK(cudaGetLastError());                  \
  } while (0)
__global__ void fill(float* y, float v, int n) {
  __shared__ float s[32];
  s[threadIdx.x] = v;
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = s[31 - threadIdx.x];
}
int main() {
  float h[40], *d;
  CHECK(cudaMalloc(&d, sizeof h));
  LAUNCH(fill, 40, d, 3.0f, 40);
  CHECK(cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost));
  printf("%g %g\n", h[0], h[39]);
  CHECK(cudaFree(d));
  return h[0] == 3 && h[39] == 3 ? 0 : 1;
}
