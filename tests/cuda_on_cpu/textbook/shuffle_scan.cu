// Shuffles of all kinds: a scan with up, a rotation with idx, a butterfly with xor in groups of eight.
#include <cstdio>
__global__ void shuffles(int* scan, int* turned, int* groups, double* wide) {
  int lane = threadIdx.x & 0x1f, value = lane + 1;
  for (int i = 1; i <= 16; i *= 2) {
    int n = __shfl_up_sync(0xffffffff, value, i);
    if (lane >= i) value += n;
  }
  scan[lane] = value;
  turned[lane] = __shfl_sync(0xffffffff, lane, (lane + 5) % 32);
  int sum = lane;
  for (int i = 4; i >= 1; i /= 2) sum += __shfl_xor_sync(0xffffffff, sum, i, 8);
  groups[lane] = sum;
  wide[lane] = __shfl_down_sync(0xffffffff, lane * 0.25, 2, 16);
}
int main() {
  int *d, h[96];
  double *w, g[32];
  cudaMalloc(&d, sizeof h), cudaMalloc(&w, sizeof g);
  shuffles<<<1, 32>>>(d, d + 32, d + 64, w);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaMemcpy(g, w, sizeof g, cudaMemcpyDeviceToHost);
  cudaFree(d), cudaFree(w);
  for (int i = 0; i < 32; ++i) {
    int group = i / 8 * 8;
    double from = i % 16 + 2 < 16 ? i + 2 : i;
    if (h[i] != (i + 1) * (i + 2) / 2 || h[32 + i] != (i + 5) % 32 || h[64 + i] != 8 * group + 28 || g[i] != from * 0.25) return printf("lane %d\n", i), 1;
  }
}
