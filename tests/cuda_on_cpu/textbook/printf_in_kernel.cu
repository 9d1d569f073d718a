// printf in a kernel.
#include <stdio.h>
__global__ void helloFromGPU() { printf("Hello World from GPU thread %d of block %d!\n", threadIdx.x, blockIdx.x); }
int main(void) {
  printf("Hello World from CPU!\n");
  helloFromGPU<<<2, 3>>>();
  cudaDeviceSynchronize();
  return cudaGetLastError() == cudaSuccess ? 0 : 1;
}
