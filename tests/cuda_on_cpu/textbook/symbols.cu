// Variables of the device and constants: read, written, by address, and with an offset.
#include <cstdio>
__device__ int counters[4];
__device__ float scale = 1.5f;
__constant__ int table[8];
__constant__ struct { float a; int b; } settings;
__global__ void use(float* out) {
  int i = threadIdx.x;
  atomicAdd(&counters[i % 4], table[i % 8]);
  out[i] = scale * settings.a + settings.b;
}
int main() {
  int t[8] = {1, 2, 3, 4, 5, 6, 7, 8}, c[4], nine = 9, *address;
  struct { float a; int b; } s = {2, 3};
  float two = 2, h[32], *d;
  size_t bytes;
  cudaMemcpyToSymbol(table, t, sizeof t);
  cudaMemcpyToSymbol(table, &nine, sizeof nine, 2 * sizeof(int));
  cudaMemcpyToSymbol(settings, &s, sizeof s);
  cudaMemcpyToSymbol(scale, &two, sizeof two, 0, cudaMemcpyHostToDevice);
  cudaGetSymbolAddress((void**)&address, counters);
  cudaGetSymbolSize(&bytes, counters);
  cudaMemset(address, 0, bytes);
  cudaMalloc(&d, sizeof h);
  use<<<1, 32>>>(d);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaMemcpyFromSymbol(c, counters, sizeof c);
  cudaFree(d);
  return bytes == 16 && h[31] == 7 && c[0] == 4 * (1 + 5) && c[1] == 4 * (2 + 6) && c[2] == 4 * (9 + 7) && c[3] == 4 * (4 + 8) ? 0 : 1;
}
