// The occupancy calculator: a block size for a kernel, and how many of its blocks fit.
#include <cstdio>
__global__ void twice(int* p, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] *= 2;
}
int main() {
  const int n = 5000;
  static int h[n];
  for (int i = 0; i < n; ++i) h[i] = i;
  int grid = 0, block = 0, limited = 0, resident = 0, *d;
  cudaMalloc(&d, sizeof h);
  cudaMemcpy(d, h, sizeof h, cudaMemcpyHostToDevice);
  cudaOccupancyMaxPotentialBlockSize(&grid, &block, twice, 0, 0);
  cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, twice, block, 0);
  printf("grid of at least %d blocks of %d threads, %d fit on a multiprocessor\n", grid, block, resident);
  twice<<<(n + block - 1) / block, block>>>(d, n);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
#ifdef CUDA_ON_CPU  // the largest block of those that fill 2048 places, and two of it
  if (block != 1024 || grid != 2 || resident != 2) return 1;
#endif
  cudaOccupancyMaxPotentialBlockSize(&grid, &limited, twice, 1024, 128);
#ifdef CUDA_ON_CPU
  if (limited != 128 || grid != 16) return 1;
#endif
  cudaFree(d);
  for (int i = 0; i < n; ++i)
    if (h[i] != 2 * i) return 1;
  return grid >= 1 && block >= 32 && block <= 1024 && block % 32 == 0 && limited > 0 && limited <= 128 && resident >= 1 ? 0 : 1;
}
