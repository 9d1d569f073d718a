// Copies to shared memory that run beside the arithmetic, two tiles in flight.
#include <cstdio>
#include <cuda_pipeline.h>
__global__ void sum_tiles(const float* in, float* out, int tiles) {
  __shared__ float tile[2][64];
  __pipeline_memcpy_async(&tile[0][threadIdx.x], in + threadIdx.x, sizeof(float));
  __pipeline_commit();
  float sum = 0;
  for (int t = 0; t < tiles; ++t) {
    if (t + 1 < tiles) __pipeline_memcpy_async(&tile[(t + 1) % 2][threadIdx.x], in + (t + 1) * 64 + threadIdx.x, sizeof(float));
    __pipeline_commit();
    __pipeline_wait_prior(1);
    __syncthreads();
    sum += tile[t % 2][63 - threadIdx.x];
    __syncthreads();
  }
  out[threadIdx.x] = sum;
}
int main() {
  const int tiles = 5;
  float h[tiles * 64], r[64], *in, *out;
  for (int i = 0; i < tiles * 64; ++i) h[i] = i % 13;
  cudaMalloc(&in, sizeof h), cudaMalloc(&out, sizeof r);
  cudaMemcpy(in, h, sizeof h, cudaMemcpyHostToDevice);
  sum_tiles<<<1, 64>>>(in, out, tiles);
  cudaMemcpy(r, out, sizeof r, cudaMemcpyDeviceToHost);
  cudaFree(in), cudaFree(out);
  for (int i = 0; i < 64; ++i) {
    float sum = 0;
    for (int t = 0; t < tiles; ++t) sum += h[t * 64 + 63 - i];
    if (sum != r[i]) return printf("%d\n", i), 1;
  }
}
