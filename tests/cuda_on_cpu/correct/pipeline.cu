// Asynchronous copies into two shared tiles, one step ahead of the arithmetic.
#include "tests/cuda_on_cpu/require.h"

#include <cuda_pipeline.h>

constexpr int tile = 64, steps = 5;

__global__ void sum_tiles(float* out, const float* in) {
  __shared__ __align__(16) float buffer[2][tile];
  int t = threadIdx.x;
  auto fetch = [&](int step) {
    if (step < steps && t < tile / 4) __pipeline_memcpy_async(&buffer[step % 2][4 * t], &in[step * tile + 4 * t], 16);
    __pipeline_commit();
  };
  fetch(0);
  float sum = 0;
  for (int step = 0; step < steps; ++step) {
    fetch(step + 1);
    __pipeline_wait_prior(1);
    __syncthreads();
    sum += buffer[step % 2][(t + 17) % tile];
    __syncthreads();
  }
  out[t] = sum;
}

// The last of four floats are filled with zeros, not read.
__global__ void with_zeros(float* out, const float* in, int bytes_of_zeros) {
  __shared__ __align__(16) float part[4];
  if (threadIdx.x == 0) __pipeline_memcpy_async(part, in, 16, bytes_of_zeros);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
  out[threadIdx.x] = part[threadIdx.x % 4];
}

// The first block ends without a wait: its copy arrives all the same, in its own tile and not in that of the next block.
__global__ void left_under_way(float* out, const float* in) {
  __shared__ __align__(16) float part[8];
  float* const there = part + (blockIdx.x == 0 ? 0 : 4);
  part[0] = -1;
  __pipeline_memcpy_async(there, in, 16);
  __pipeline_commit();
  if (blockIdx.x == 0) return;
  __pipeline_wait_prior(0);
  out[0] = part[0];
  out[1] = part[4];
}

int main() {
  float host[tile * steps], result[tile], *in, *out;
  for (int i = 0; i < tile * steps; ++i) host[i] = static_cast<float>(i);
  OK(cudaMalloc(&in, sizeof host));
  OK(cudaMalloc(&out, sizeof result));
  OK(cudaMemcpy(in, host, sizeof host, cudaMemcpyHostToDevice));
  sum_tiles<<<1, tile>>>(out, in);
  OK(cudaGetLastError());
  OK(cudaMemcpy(result, out, sizeof result, cudaMemcpyDeviceToHost));
  for (int t = 0; t < tile; ++t) {
    float sum = 0;
    for (int step = 0; step < steps; ++step) sum += host[step * tile + (t + 17) % tile];
    REQUIRE(result[t] == sum);
  }
  for (int zeros : {0, 2, 4}) {
    with_zeros<<<1, 32>>>(out, in + 4, 4 * zeros);
    OK(cudaMemcpy(result, out, 32 * sizeof(float), cudaMemcpyDeviceToHost));
    for (int i = 0; i < 4; ++i) REQUIRE(result[i] == (i < 4 - zeros ? 4 + i : 0));
  }
  left_under_way<<<2, 1>>>(out, in + 4);
  OK(cudaMemcpy(result, out, 2 * sizeof(float), cudaMemcpyDeviceToHost));
  REQUIRE(result[0] == -1 && result[1] == 4);
  OK(cudaFree(in));
  OK(cudaFree(out));
}
