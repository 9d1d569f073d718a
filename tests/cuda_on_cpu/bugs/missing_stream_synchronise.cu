// expect: the host saw old data
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 7; }

int main() {
  float *p, *host;
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  OK(cudaMalloc(&p, 128));
  OK(cudaMallocHost(&host, 128));
  host[0] = 0;
  fill<<<1, 32, 0, stream>>>(p);
  OK(cudaMemcpyAsync(host, p, 128, cudaMemcpyDeviceToHost, stream));
  bool old = host[0] != 7;  // cudaStreamSynchronize(stream) is missing
  OK(cudaStreamDestroy(stream));
  OK(cudaFree(p));
  OK(cudaFreeHost(host));
  if (old) std::printf("the host saw old data\n");
  return old;
}
