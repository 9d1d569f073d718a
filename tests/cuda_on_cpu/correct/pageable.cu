// Copies from ordinary memory have read it when they return, whatever the stream has still to do before; so may it be written again.
#include "tests/cuda_on_cpu/require.h"

__global__ void twice(int* p) { p[threadIdx.x] *= 2; }

int main() {
  int host[32], *p, *q;
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  OK(cudaMalloc(&p, sizeof host));
  OK(cudaMalloc(&q, sizeof host));
  for (int i = 0; i < 32; ++i) host[i] = i;
  OK(cudaMemcpyAsync(p, host, sizeof host, cudaMemcpyHostToDevice, stream));
  for (int& value : host) value = -1;
  twice<<<1, 32, 0, stream>>>(p);
  for (int i = 0; i < 32; ++i) host[i] = 100 + i;
  OK(cudaMemcpyAsync(q, host, sizeof host, cudaMemcpyHostToDevice, stream));
  for (int& value : host) value = -1;
  OK(cudaMemcpyAsync(host, p, sizeof host, cudaMemcpyDeviceToHost, stream));  // returns when the numbers are there
  for (int i = 0; i < 32; ++i) REQUIRE(host[i] == 2 * i);
  OK(cudaMemcpy(host, q, sizeof host, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 32; ++i) REQUIRE(host[i] == 100 + i);
  OK(cudaStreamDestroy(stream));
  OK(cudaFree(p));
  OK(cudaFree(q));
}
