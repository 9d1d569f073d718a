// __activemask: one atomicAdd for all lanes that come to it together, and a sum over a whole warp.
#include <cstdio>
__device__ int taken;
__global__ void filter(const int* from, int* to, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && from[i] % 3 == 0) {
    unsigned active = __activemask();
    int lane = threadIdx.x % 32, leader = __ffs(active) - 1, base = 0;
    if (lane == leader) base = atomicAdd(&taken, __popc(active));
    base = __shfl_sync(active, base, leader);
    to[base + __popc(active & ((1u << lane) - 1))] = from[i];
  }
}
__global__ void sum(int* out) {
  int v = threadIdx.x;
  unsigned mask = __activemask();
  for (int d = 16; d; d /= 2) v += __shfl_xor_sync(mask, v, d);
  out[threadIdx.x] = v;
}
int main() {
  const int n = 1000;
  int h[n], *from, *to, count, sums[32];
  for (int i = 0; i < n; ++i) h[i] = i * 7 % 1000;
  cudaMalloc(&from, sizeof h);
  cudaMalloc(&to, sizeof h);
  cudaMemcpy(from, h, sizeof h, cudaMemcpyHostToDevice);
  filter<<<4, 256>>>(from, to, n);
  cudaMemcpyFromSymbol(&count, taken, sizeof count);
  cudaMemcpy(h, to, count * sizeof(int), cudaMemcpyDeviceToHost);
  sum<<<1, 32>>>(to);
  cudaMemcpy(sums, to, sizeof sums, cudaMemcpyDeviceToHost);
  cudaFree(from);
  cudaFree(to);
  long total = 0;
  for (int i = 0; i < count; ++i) {
    if (h[i] % 3) return printf("%d\n", h[i]), 1;
    total += h[i];
  }
  for (int s : sums)
    if (s != 496) return printf("sum %d\n", s), 1;
  return count == 334 && total == 166833 ? 0 : printf("%d %ld\n", count, total), 1 - (count == 334 && total == 166833);
}
