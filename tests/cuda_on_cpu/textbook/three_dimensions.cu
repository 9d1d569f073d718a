// A grid and blocks of three dimensions, a flat index, and idx by hand.
#include <cstdio>
__device__ int globalThreadId() {
  int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  return block * (blockDim.x * blockDim.y * blockDim.z) + threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}
__global__ void volume(int* v, int3 size, int* seen) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y, z = blockIdx.z * blockDim.z + threadIdx.z;
  seen[globalThreadId()] = 1;
  if (x < size.x && y < size.y && z < size.z) v[(z * size.y + y) * size.x + x] = x + 100 * y + 10000 * z;
}
int main() {
  const int3 size = {9, 7, 5};
  const dim3 block(4, 4, 2), grid((size.x + block.x - 1) / block.x, (size.y + block.y - 1) / block.y, (size.z + block.z - 1) / block.z);
  const int threads = 3 * 2 * 3 * 32;
  int h[315], seen[threads], *d, *s;
  cudaMalloc(&d, sizeof h), cudaMalloc(&s, sizeof seen);
  cudaMemset(s, 0, sizeof seen);
  volume<<<grid, block>>>(d, size, s);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaMemcpy(seen, s, sizeof seen, cudaMemcpyDeviceToHost);
  cudaFree(d), cudaFree(s);
  for (int one : seen)
    if (one != 1) return 1;
  for (int z = 0; z < 5; ++z)
    for (int y = 0; y < 7; ++y)
      for (int x = 0; x < 9; ++x)
        if (h[(z * 7 + y) * 9 + x] != x + 100 * y + 10000 * z) return 1;
}
