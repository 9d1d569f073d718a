// The last block to finish adds up the parts of the others: __threadfence and a counter.
#include <cstdio>
__device__ unsigned int count = 0;
__global__ void sum(const float* array, unsigned int N, volatile float* result) {
  __shared__ bool isLastBlockDone;
  __shared__ float s[64];
  float partial = 0;
  for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < N; i += gridDim.x * blockDim.x) partial += array[i];
  s[threadIdx.x] = partial;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (unsigned int i = 1; i < blockDim.x; ++i) partial += s[i];
    result[blockIdx.x] = partial;
    __threadfence();
    unsigned int value = atomicInc(&count, gridDim.x);
    isLastBlockDone = (value == (gridDim.x - 1));
  }
  __syncthreads();
  if (isLastBlockDone && threadIdx.x == 0) {
    float total = 0;
    for (unsigned int i = 0; i < gridDim.x; ++i) total += result[i];
    result[0] = total;
    count = 0;
  }
}
int main() {
  const unsigned n = 3000;
  static float h[n];
  float expected = 0, total, *a, *r;
  for (unsigned i = 0; i < n; ++i) expected += h[i] = i % 4;
  cudaMalloc(&a, sizeof h), cudaMalloc(&r, 8 * sizeof(float));
  cudaMemcpy(a, h, sizeof h, cudaMemcpyHostToDevice);
  sum<<<8, 64>>>(a, n, r);
  sum<<<8, 64>>>(a, n, r);
  cudaMemcpy(&total, r, sizeof total, cudaMemcpyDeviceToHost);
  cudaFree(a), cudaFree(r);
  return total == expected ? 0 : (printf("%g, expected %g\n", total, expected), 1);
}
