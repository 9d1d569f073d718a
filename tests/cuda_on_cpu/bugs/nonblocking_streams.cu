// expect: the default stream did not wait & the other stream did not wait
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 7; }

// A stream that does not block and the default stream know nothing of each other: an event is missing, here and there.
int main() {
  float *p, *q, host[32] = {};
  cudaStream_t stream;
  OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  OK(cudaMalloc(&p, sizeof host));
  OK(cudaMalloc(&q, sizeof host));
  fill<<<1, 32, 0, stream>>>(p);
  OK(cudaMemcpy(host, p, sizeof host, cudaMemcpyDeviceToHost));
  if (host[0] != 7) std::printf("the default stream did not wait\n");
  OK(cudaStreamSynchronize(stream));
  fill<<<1, 32>>>(q);
  OK(cudaMemcpyAsync(host, q, sizeof host, cudaMemcpyDeviceToHost, stream));
  OK(cudaStreamSynchronize(stream));
  if (host[0] != 7) std::printf("the other stream did not wait\n");
  OK(cudaDeviceSynchronize());
  OK(cudaStreamDestroy(stream));
  OK(cudaFree(p));
  OK(cudaFree(q));
  return 1;
}
