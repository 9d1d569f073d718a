// A sum by halves in dynamic shared memory, unrolled by template for the block's size.
#include <cstdio>
template <unsigned int blockSize> __global__ void reduce(const int* g_idata, int* g_odata, unsigned int n) {
  extern __shared__ int sdata[];
  unsigned int tid = threadIdx.x, i = blockIdx.x * (blockSize * 2) + tid, gridSize = blockSize * 2 * gridDim.x;
  sdata[tid] = 0;
  while (i < n) {
    sdata[tid] += g_idata[i] + (i + blockSize < n ? g_idata[i + blockSize] : 0);
    i += gridSize;
  }
  __syncthreads();
  if (blockSize >= 512) { if (tid < 256) sdata[tid] += sdata[tid + 256]; __syncthreads(); }
  if (blockSize >= 256) { if (tid < 128) sdata[tid] += sdata[tid + 128]; __syncthreads(); }
  if (blockSize >= 128) { if (tid < 64) sdata[tid] += sdata[tid + 64]; __syncthreads(); }
  for (unsigned int s = 32; s > 0; s >>= 1) {
    if (tid < s) sdata[tid] += sdata[tid + s];
    __syncthreads();
  }
  if (tid == 0) g_odata[blockIdx.x] = sdata[0];
}
int main() {
  const int n = 20000, blocks = 6, threads = 128;
  static int h[n];
  int part[blocks], *in, *out;
  long expected = 0, sum = 0;
  for (int i = 0; i < n; ++i) expected += h[i] = i % 17;
  cudaMalloc(&in, sizeof h);
  cudaMalloc(&out, sizeof part);
  cudaMemcpy(in, h, sizeof h, cudaMemcpyHostToDevice);
  switch (threads) {
    case 512: reduce<512><<<blocks, threads, threads * sizeof(int)>>>(in, out, n); break;
    case 256: reduce<256><<<blocks, threads, threads * sizeof(int)>>>(in, out, n); break;
    case 128: reduce<128><<<blocks, threads, threads * sizeof(int)>>>(in, out, n); break;
  }
  cudaMemcpy(part, out, sizeof part, cudaMemcpyDeviceToHost);
  cudaFree(in);
  cudaFree(out);
  for (int p : part) sum += p;
  return sum == expected ? 0 : (printf("%ld, expected %ld\n", sum, expected), 1);
}
