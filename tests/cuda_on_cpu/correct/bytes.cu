// Threads write neighbouring bytes and halves of words: no race. Shared memory may have any number of bytes; its beginning is aligned.
#include "tests/cuda_on_cpu/require.h"

__global__ void write_bytes(unsigned char* bytes, unsigned short* halves) {
  __shared__ unsigned char copy[64];
  bytes[threadIdx.x] = static_cast<unsigned char>(threadIdx.x);
  halves[threadIdx.x] = static_cast<unsigned short>(threadIdx.x);
  copy[threadIdx.x] = bytes[threadIdx.x];
  __syncthreads();
  bytes[threadIdx.x] = copy[63 - threadIdx.x];
}

__global__ void write_dynamic_bytes(unsigned char* bytes) {
  extern __shared__ unsigned char dynamic[];
  dynamic[threadIdx.x] = static_cast<unsigned char>(3 * threadIdx.x);
  __syncthreads();
  bytes[threadIdx.x] = dynamic[blockDim.x - 1 - threadIdx.x];
  if (threadIdx.x == 0) bytes[63] = static_cast<unsigned char>(reinterpret_cast<size_t>(dynamic) % 16);
}

int main() {
  unsigned char *bytes, host[64];
  unsigned short* halves;
  OK(cudaMalloc(&bytes, 64));
  OK(cudaMalloc(&halves, 128));
  write_bytes<<<1, 64>>>(bytes, halves);
  OK(cudaMemcpy(host, bytes, 64, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 64; ++i) REQUIRE(host[i] == 63 - i);
  for (int n : {1, 5, 17, 32, 61}) {
    write_dynamic_bytes<<<1, n, n>>>(bytes);
    OK(cudaGetLastError());
    OK(cudaMemcpy(host, bytes, 64, cudaMemcpyDeviceToHost));
    for (int i = 0; i < n; ++i) REQUIRE(host[i] == 3 * (n - 1 - i));
    REQUIRE(host[63] == 0);
  }
  OK(cudaFree(bytes));
  OK(cudaFree(halves));
}
