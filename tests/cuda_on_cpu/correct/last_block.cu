// The last block to arrive sums what all blocks wrote: ordered by __threadfence and an atomic.
#include "tests/cuda_on_cpu/require.h"

__device__ unsigned arrived;

__global__ void sum(float* total, float* part, const float* in) {
  __shared__ float values[64];
  __shared__ bool last;
  values[threadIdx.x] = in[blockIdx.x * 64 + threadIdx.x];
  __syncthreads();
  if (threadIdx.x == 0) {
    float block_sum = 0;
    for (float value : values) block_sum += value;
    part[blockIdx.x] = block_sum;
    __threadfence();
    last = atomicAdd(&arrived, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last) return;
  if (threadIdx.x == 33) {  // not the one that has asked: it has waited for that one
    *total = 0;
    for (unsigned b = 0; b < gridDim.x; ++b) *total += part[b];
    arrived = 0;
  }
}

int main() {
  float host[640], total, *in, *part, *out;
  for (int i = 0; i < 640; ++i) host[i] = static_cast<float>(i % 3);
  OK(cudaMalloc(&in, sizeof host));
  OK(cudaMalloc(&part, 10 * sizeof(float)));
  OK(cudaMalloc(&out, sizeof(float)));
  OK(cudaMemcpy(in, host, sizeof host, cudaMemcpyHostToDevice));
  for (int repeat = 0; repeat < 3; ++repeat) {
    sum<<<10, 64>>>(out, part, in);
    OK(cudaMemcpy(&total, out, sizeof total, cudaMemcpyDeviceToHost));
    REQUIRE(total == 639);
  }
  OK(cudaFree(in));
  OK(cudaFree(part));
  OK(cudaFree(out));
}
