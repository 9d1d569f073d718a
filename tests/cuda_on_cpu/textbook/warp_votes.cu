// Votes of a warp: any, all, ballot, and places in a compacted list.
#include <cstdio>
__global__ void votes(const int* in, unsigned* ballots, int* any_all, int* packed) {
  int t = threadIdx.x, lane = t & 31, v = in[t];
  unsigned even = __ballot_sync(0xffffffffu, v % 2 == 0);
  int before = __popc(even & ((1u << lane) - 1));
  if (lane == 0) ballots[t / 32] = even;
  any_all[t] = __any_sync(0xffffffffu, v == 40) * 2 + __all_sync(0xffffffffu, v >= 0);
  if (v % 2 == 0) packed[t / 32 * 32 + before] = v;
  int count = __syncthreads_count(v > 10), all = __syncthreads_and(v >= 0), one = __syncthreads_or(v == 63);
  if (t == 0) any_all[64] = count, any_all[65] = all, any_all[66] = one;
}
int main() {
  int h[64], aa[67], *in, *out, *packed, p[64];
  unsigned b[2], *ballots;
  for (int i = 0; i < 64; ++i) h[i] = i;
  cudaMalloc(&in, sizeof h), cudaMalloc(&out, sizeof aa), cudaMalloc(&packed, sizeof p), cudaMalloc(&ballots, sizeof b);
  cudaMemcpy(in, h, sizeof h, cudaMemcpyHostToDevice);
  cudaMemset(packed, 0, sizeof p);
  votes<<<1, 64>>>(in, ballots, out, packed);
  cudaMemcpy(b, ballots, sizeof b, cudaMemcpyDeviceToHost);
  cudaMemcpy(aa, out, sizeof aa, cudaMemcpyDeviceToHost);
  cudaMemcpy(p, packed, sizeof p, cudaMemcpyDeviceToHost);
  cudaFree(in), cudaFree(out), cudaFree(packed), cudaFree(ballots);
  bool right = b[0] == 0x55555555u && b[1] == 0x55555555u && aa[0] == 1 && aa[63] == 3 && aa[64] == 53 && aa[65] && aa[66];
  for (int i = 0; i < 16; ++i) right = right && p[i] == 2 * i && p[32 + i] == 32 + 2 * i;
  return right ? 0 : 1;
}
