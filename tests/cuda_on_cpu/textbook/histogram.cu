// A histogram of bytes: each block counts in shared memory, then adds to the whole.
#include <cstdio>
#include <cstring>
__global__ void histo_kernel(unsigned char* buffer, long size, unsigned int* histo) {
  __shared__ unsigned int temp[256];
  temp[threadIdx.x] = 0;
  __syncthreads();
  int i = threadIdx.x + blockIdx.x * blockDim.x, offset = blockDim.x * gridDim.x;
  while (i < size) {
    atomicAdd(&temp[buffer[i]], 1);
    i += offset;
  }
  __syncthreads();
  atomicAdd(&(histo[threadIdx.x]), temp[threadIdx.x]);
}
int main() {
  const char* text = "a text in which some letters come more often than others";
  long n = strlen(text);
  unsigned char* buffer;
  unsigned int *histo, h[256], expected[256] = {};
  for (long i = 0; i < n; ++i) ++expected[(unsigned char)text[i]];
  cudaMalloc(&buffer, n);
  cudaMalloc(&histo, sizeof h);
  cudaMemcpy(buffer, text, n, cudaMemcpyHostToDevice);
  cudaMemset(histo, 0, sizeof h);
  histo_kernel<<<2, 256>>>(buffer, n, histo);
  cudaMemcpy(h, histo, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(buffer);
  cudaFree(histo);
  return memcmp(h, expected, sizeof h) ? 1 : 0;
}
