// More __syncwarps without a __syncthreads than 16 bits count: what they order stays ordered.
#include "tests/cuda_on_cpu/require.h"

__global__ void pass_on(int* out, int rounds) {
  __shared__ int numbers[32];
  const int lane = threadIdx.x;
  numbers[lane] = lane;
  for (int round = 0; round < rounds; ++round) {
    __syncwarp();
    const int next = numbers[(lane + 1) % 32];
    __syncwarp();
    numbers[lane] = next;
  }
  out[lane] = numbers[lane];
}

int main() {
  constexpr int rounds = 33000;
  int *out, result[32];
  OK(cudaMalloc(&out, sizeof result));
  pass_on<<<1, 32>>>(out, rounds);
  OK(cudaMemcpy(result, out, sizeof result, cudaMemcpyDeviceToHost));
  for (int lane = 0; lane < 32; ++lane) REQUIRE(result[lane] == (lane + rounds) % 32);
  OK(cudaFree(out));
}
