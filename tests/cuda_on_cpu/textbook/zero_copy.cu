// Pinned memory that a kernel reads where it is, memory registered later, and pointer attributes.
#include <cstdio>
#include <cstdlib>
__global__ void twice(const int* from, int* to, int n) {
  int i = threadIdx.x + blockIdx.x * blockDim.x;
  if (i < n) to[i] = 2 * from[i];
}
int main() {
  const int n = 100;
  int *pinned, *d, *ordinary = (int*)malloc(n * sizeof(int));
  cudaHostAlloc((void**)&pinned, n * sizeof(int), cudaHostAllocMapped | cudaHostAllocWriteCombined);
  cudaHostRegister(ordinary, n * sizeof(int), cudaHostRegisterDefault);
  cudaMalloc(&d, n * sizeof(int));
  for (int i = 0; i < n; ++i) pinned[i] = i;
  twice<<<2, 64>>>(pinned, d, n);
  cudaMemcpyAsync(ordinary, d, n * sizeof(int), cudaMemcpyDeviceToHost);
  cudaDeviceSynchronize();
  cudaPointerAttributes attributes;
  cudaPointerGetAttributes(&attributes, pinned);
  bool right = attributes.type == cudaMemoryTypeHost;
  for (int i = 0; i < n; ++i) right = right && ordinary[i] == 2 * i;
  cudaHostUnregister(ordinary);
  cudaFreeHost(pinned), cudaFree(d), free(ordinary);
  return right ? 0 : 1;
}
