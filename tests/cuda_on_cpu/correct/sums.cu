// Four ways to sum: a tree with __syncthreads, a warp with __syncwarp, shuffles, atomics.
#include "tests/cuda_on_cpu/require.h"

constexpr int threads = 128;

__global__ void tree(float* out, const float* in) {
  __shared__ float part[threads];
  part[threadIdx.x] = in[blockIdx.x * threads + threadIdx.x];
  __syncthreads();
  for (int half = threads / 2; half > 0; half /= 2) {
    if (threadIdx.x < static_cast<unsigned>(half)) part[threadIdx.x] += part[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) out[blockIdx.x] = part[0];
}

__global__ void one_warp(float* out, const float* in) {
  __shared__ float part[64];
  int i = threadIdx.x;
  part[i] = in[i], part[i + 32] = in[i + 32];
  for (int half = 32; half > 0; half /= 2) {
    __syncwarp();
    float other = i < half ? part[i + half] : 0;
    __syncwarp();
    if (i < half) part[i] += other;
  }
  if (i == 0) *out = part[0];
}

// Lanes 0 to 15 and lanes 16 to 31 are two groups that never wait for each other.
__global__ void half_warps(float* out, const float* in) {
  __shared__ float part[32];
  int i = threadIdx.x;
  unsigned mask = i < 16 ? 0x0000ffffu : 0xffff0000u;
  part[i] = in[i];
  __syncwarp(mask);
  float sum = 0;
  for (int k = 0; k < 16; ++k) sum += part[i / 16 * 16 + k];
  out[i] = sum;
}

__global__ void shuffles(float* out, const float* in, int n) {
  float sum = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) sum += in[i];
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
  __shared__ float of_warp[32];
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  sum = threadIdx.x < blockDim.x / 32 ? of_warp[threadIdx.x] : 0;
  for (int mask = 16; mask > 0; mask /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, mask);
  if (threadIdx.x == 0) *out = sum;
}

__global__ void atomics(float* out, const float* in) { atomicAdd(out, in[blockIdx.x * blockDim.x + threadIdx.x]); }

int main() {
  constexpr int n = 8 * threads;
  float host[n], result[32], *in, *out;
  for (int i = 0; i < n; ++i) host[i] = static_cast<float>(i % 7);
  float all = 0, first64 = 0, first16 = 0, first_block = 0;
  for (int i = 0; i < n; ++i) all += host[i];
  for (int i = 0; i < 64; ++i) first64 += host[i];
  for (int i = 0; i < 16; ++i) first16 += host[i];
  for (int i = 0; i < threads; ++i) first_block += host[i];
  OK(cudaMalloc(&in, sizeof host));
  OK(cudaMalloc(&out, sizeof result));
  OK(cudaMemcpy(in, host, sizeof host, cudaMemcpyHostToDevice));

  tree<<<8, threads>>>(out, in);
  OK(cudaMemcpy(result, out, 8 * sizeof(float), cudaMemcpyDeviceToHost));
  REQUIRE(result[0] == first_block);
  one_warp<<<1, 32>>>(out, in);
  OK(cudaMemcpy(result, out, sizeof(float), cudaMemcpyDeviceToHost));
  REQUIRE(result[0] == first64);
  half_warps<<<1, 32>>>(out, in);
  OK(cudaMemcpy(result, out, sizeof result, cudaMemcpyDeviceToHost));
  REQUIRE(result[0] == first16 && result[15] == first16);
  shuffles<<<1, 256>>>(out, in, n);
  OK(cudaMemcpy(result, out, sizeof(float), cudaMemcpyDeviceToHost));
  REQUIRE(result[0] == all);
  OK(cudaMemset(out, 0, sizeof(float)));
  atomics<<<8, threads>>>(out, in);
  OK(cudaGetLastError());
  OK(cudaMemcpy(result, out, sizeof(float), cudaMemcpyDeviceToHost));
  REQUIRE(result[0] == all);
  OK(cudaFree(in));
  OK(cudaFree(out));
}
