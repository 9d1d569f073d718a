// Sums in half and bfloat16, their pairs and conversions.
#include <cstdio>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
__global__ void axpy(int n, half a, const half* x, half* y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = __hfma(a, x[i], y[i]);
}
__global__ void axpy2(int n, half2 a, const half2* x, half2* y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = __hfma2(a, x[i], y[i]);
}
__global__ void narrow(const float* from, __nv_bfloat16* to, float* back) {
  to[threadIdx.x] = __float2bfloat16(from[threadIdx.x]);
  back[threadIdx.x] = __bfloat162float(to[threadIdx.x]) * 2;
}
int main() {
  const int n = 64;
  half x[n], y[n], *dx, *dy;
  float f[n], g[n], *df;
  __nv_bfloat16* db;
  for (int i = 0; i < n; ++i) x[i] = __float2half(i * 0.5f), y[i] = __float2half(1.0f), f[i] = 1 + i / 64.0f;
  cudaMalloc(&dx, sizeof x), cudaMalloc(&dy, sizeof y), cudaMalloc(&df, 2 * sizeof f), cudaMalloc(&db, n * sizeof *db);
  cudaMemcpy(dx, x, sizeof x, cudaMemcpyHostToDevice);
  cudaMemcpy(dy, y, sizeof y, cudaMemcpyHostToDevice);
  cudaMemcpy(df, f, sizeof f, cudaMemcpyHostToDevice);
  axpy<<<1, n>>>(n, __float2half(2.0f), dx, dy);
  axpy2<<<1, n>>>(n / 2, __float2half2_rn(-1.0f), (half2*)dx, (half2*)dy);
  narrow<<<1, n>>>(df, db, df + n);
  cudaMemcpy(y, dy, sizeof y, cudaMemcpyDeviceToHost);
  cudaMemcpy(g, df + n, sizeof g, cudaMemcpyDeviceToHost);
  cudaFree(dx), cudaFree(dy), cudaFree(df), cudaFree(db);
  for (int i = 0; i < n; ++i)
    if (__half2float(y[i]) != 1 + i * 0.5f || g[i] != 2 * f[i]) return printf("%d: %g %g\n", i, __half2float(y[i]), g[i]), 1;
}
