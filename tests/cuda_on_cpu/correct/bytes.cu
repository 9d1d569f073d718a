// Threads write neighbouring bytes and halves of words: no race.
#include "tests/cuda_on_cpu/require.h"

__global__ void write_bytes(unsigned char* bytes, unsigned short* halves) {
  __shared__ unsigned char copy[64];
  bytes[threadIdx.x] = static_cast<unsigned char>(threadIdx.x);
  halves[threadIdx.x] = static_cast<unsigned short>(threadIdx.x);
  copy[threadIdx.x] = bytes[threadIdx.x];
  __syncthreads();
  bytes[threadIdx.x] = copy[63 - threadIdx.x];
}

int main() {
  unsigned char *bytes, host[64];
  unsigned short* halves;
  OK(cudaMalloc(&bytes, 64));
  OK(cudaMalloc(&halves, 128));
  write_bytes<<<1, 64>>>(bytes, halves);
  OK(cudaMemcpy(host, bytes, 64, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 64; ++i) REQUIRE(host[i] == 63 - i);
  OK(cudaFree(bytes));
  OK(cudaFree(halves));
}
