// The tail of an old reduction: volatile shared memory, with the __syncwarp that it needs since 2017.
#include <cstdio>
template <unsigned int n> __device__ void warpReduce(volatile int* sdata, unsigned int tid) {
  for (unsigned int d = n / 2; d > 0; d /= 2) {
    int v = tid < d ? sdata[tid + d] : 0;
    __syncwarp();
    sdata[tid] = sdata[tid] + v;
    __syncwarp();
  }
}
__global__ void sum(const int* in, int* out) {
  extern __shared__ volatile int sdata[];
  unsigned int tid = threadIdx.x;
  sdata[tid] = in[tid] + in[tid + 32];
  __syncwarp();
  warpReduce<32>(sdata, tid);
  if (tid == 0) *out = sdata[0];
}
int main() {
  int h[64], *d, s;
  for (int i = 0; i < 64; ++i) h[i] = i;
  cudaMalloc(&d, sizeof h + sizeof(int));
  cudaMemcpy(d, h, sizeof h, cudaMemcpyHostToDevice);
  sum<<<1, 32, 32 * sizeof(int)>>>(d, d + 64);
  cudaMemcpy(&s, d + 64, sizeof s, cudaMemcpyDeviceToHost);
  cudaFree(d);
  return s == 2016 ? 0 : (printf("%d\n", s), 1);
}
