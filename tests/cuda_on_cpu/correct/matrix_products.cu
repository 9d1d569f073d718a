// Matrix products: plain, tiled with static and dynamic shared memory, register tiles with float4; odd sizes.
#include "tests/cuda_on_cpu/require.h"

#include <vector>

__global__ void plain(float* c, const float* a, const float* b, int m, int n, int k) {
  int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
  if (row >= m || column >= n) return;
  float sum = 0;
  for (int i = 0; i < k; ++i) sum += a[row * k + i] * b[i * n + column];
  c[row * n + column] = sum;
}

template <int T>
__global__ void tiled(float* c, const float* a, const float* b, int m, int n, int k) {
  __shared__ float as[T][T], bs[T][T];
  int x = threadIdx.x, y = threadIdx.y, column = blockIdx.x * T + x, row = blockIdx.y * T + y;
  float sum = 0;
  for (int first = 0; first < k; first += T) {
    as[y][x] = row < m && first + x < k ? a[row * k + first + x] : 0;
    bs[y][x] = column < n && first + y < k ? b[(first + y) * n + column] : 0;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < T; ++i) sum += as[y][i] * bs[i][x];
    __syncthreads();
  }
  if (row < m && column < n) c[row * n + column] = sum;
}

__global__ void tiled_dynamic(float* c, const float* a, const float* b, int m, int n, int k) {
  extern __shared__ float tiles[];
  int t = blockDim.x, x = threadIdx.x, y = threadIdx.y, column = blockIdx.x * t + x, row = blockIdx.y * t + y;
  float *as = tiles, *bs = tiles + t * t, sum = 0;
  for (int first = 0; first < k; first += t) {
    as[y * t + x] = row < m && first + x < k ? a[row * k + first + x] : 0;
    bs[y * t + x] = column < n && first + y < k ? b[(first + y) * n + column] : 0;
    __syncthreads();
    for (int i = 0; i < t; ++i) sum += as[y * t + i] * bs[i * t + x];
    __syncthreads();
  }
  if (row < m && column < n) c[row * n + column] = sum;
}

// 32x32 of c by 64 threads, 4x4 each; sizes are multiples of 32.
__global__ void register_tiles(float* c, const float* a, const float* b, int n, int k) {
  __shared__ __align__(16) float as[8][32], bs[8][32];
  int t = threadIdx.x, x = t % 8 * 4, y = t / 8 * 4, row0 = blockIdx.y * 32, column0 = blockIdx.x * 32;
  float sum[4][4] = {};
  for (int first = 0; first < k; first += 8) {
    float4 va = *reinterpret_cast<const float4*>(&a[(row0 + t / 2) * k + first + t % 2 * 4]);
    as[t % 2 * 4 + 0][t / 2] = va.x, as[t % 2 * 4 + 1][t / 2] = va.y;
    as[t % 2 * 4 + 2][t / 2] = va.z, as[t % 2 * 4 + 3][t / 2] = va.w;
    *reinterpret_cast<float4*>(&bs[t / 8][t % 8 * 4]) =
        *reinterpret_cast<const float4*>(&b[(first + t / 8) * n + column0 + t % 8 * 4]);
    __syncthreads();
    for (int i = 0; i < 8; ++i)
      for (int r = 0; r < 4; ++r)
        for (int s = 0; s < 4; ++s) sum[r][s] += as[i][y + r] * bs[i][x + s];
    __syncthreads();
  }
  for (int r = 0; r < 4; ++r)
    *reinterpret_cast<float4*>(&c[(row0 + y + r) * n + column0 + x]) = make_float4(sum[r][0], sum[r][1], sum[r][2], sum[r][3]);
}

int main() {
  for (int odd = 0; odd < 2; ++odd) {
    int m = odd ? 37 : 64, n = odd ? 21 : 32, k = odd ? 19 : 40;
    std::vector<float> a(m * k), b(k * n), c(m * n);
    for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 5) - 2;
    for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 3) - 1;
    float *da, *db, *dc;
    OK(cudaMalloc(&da, a.size() * sizeof(float)));
    OK(cudaMalloc(&db, b.size() * sizeof(float)));
    OK(cudaMalloc(&dc, c.size() * sizeof(float)));
    OK(cudaMemcpy(da, a.data(), a.size() * sizeof(float), cudaMemcpyHostToDevice));
    OK(cudaMemcpy(db, b.data(), b.size() * sizeof(float), cudaMemcpyHostToDevice));
    for (int way = 0; way < (odd ? 4 : 5); ++way) {
      OK(cudaMemset(dc, 0xff, c.size() * sizeof(float)));
      dim3 threads16(16, 16), grid16((n + 15) / 16, (m + 15) / 16), threads8(8, 8), grid8((n + 7) / 8, (m + 7) / 8);
      if (way == 0) plain<<<grid16, threads16>>>(dc, da, db, m, n, k);
      if (way == 1) tiled<16><<<grid16, threads16>>>(dc, da, db, m, n, k);
      if (way == 2) tiled<8><<<grid8, threads8>>>(dc, da, db, m, n, k);
      if (way == 3) tiled_dynamic<<<grid8, threads8, 2 * 64 * sizeof(float)>>>(dc, da, db, m, n, k);
      if (way == 4) register_tiles<<<dim3(n / 32, m / 32), 64>>>(dc, da, db, n, k);
      OK(cudaGetLastError());
      OK(cudaMemcpy(c.data(), dc, c.size() * sizeof(float), cudaMemcpyDeviceToHost));
      for (int row = 0; row < m; ++row)
        for (int column = 0; column < n; ++column) {
          float sum = 0;
          for (int i = 0; i < k; ++i) sum += a[row * k + i] * b[i * n + column];
          REQUIRE(c[row * n + column] == sum);  // small integers: exact in any order
        }
    }
    OK(cudaFree(da));
    OK(cudaFree(db));
    OK(cudaFree(dc));
  }
}
