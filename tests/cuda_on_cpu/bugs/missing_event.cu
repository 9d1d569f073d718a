// expect: the second stream did not wait
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 7; }
__global__ void copy(float* to, const float* from) { to[threadIdx.x] = from[threadIdx.x]; }

int main() {
  float *a, *b, host[32];
  cudaStream_t first, second;
  OK(cudaStreamCreate(&first));
  OK(cudaStreamCreate(&second));
  OK(cudaMalloc(&a, 128));
  OK(cudaMalloc(&b, 128));
  fill<<<1, 32, 0, first>>>(a);
  copy<<<1, 32, 0, second>>>(b, a);  // cudaEventRecord, cudaStreamWaitEvent are missing
  OK(cudaMemcpyAsync(host, b, 128, cudaMemcpyDeviceToHost, second));
  OK(cudaStreamSynchronize(second));
  std::printf(host[0] == 7 ? "fine\n" : "the second stream did not wait\n");
  OK(cudaStreamDestroy(first));
  OK(cudaStreamDestroy(second));
  OK(cudaFree(a));
  OK(cudaFree(b));
  return host[0] != 7;
}
