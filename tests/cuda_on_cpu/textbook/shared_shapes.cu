// Shapes of shared memory: a union, a struct, rows of a dynamic array, a macro for the word, volatile.
#include <cstdio>
#define SHARED __shared__
#define TILE(type, name, n) __shared__ type name[n];
__global__ void shapes(int* out) {
  __shared__ union { float f[32]; int i[32]; } both;
  SHARED int turned[32];
  __shared__ struct Pair { int a, b; } pairs[32];
  extern __shared__ int rows[][33];
  volatile __shared__ int last[32];
  TILE(int, more, 32)
  int t = threadIdx.x;
  both.f[t] = float(t);
  __syncthreads();
  turned[31 - t] = both.i[t];
  pairs[t].a = t, pairs[t].b = -t;
  for (int row = 0; row < 4; ++row) rows[row][t] = row * 100 + t;
  last[t] = t * 3;
  more[t] = t;
  __syncthreads();
  out[t] = int(__int_as_float(turned[t])) + pairs[31 - t].a + pairs[31 - t].b + rows[3][(t + 1) % 32] + last[31] + more[0];
}
int main() {
  int h[32], *d;
  cudaMalloc(&d, sizeof h);
  shapes<<<1, 32, 4 * 33 * sizeof(int)>>>(d);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d);
  for (int t = 0; t < 32; ++t)
    if (h[t] != (31 - t) + 300 + (t + 1) % 32 + 93) return printf("%d: %d\n", t, h[t]), 1;
}
