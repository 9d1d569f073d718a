// Bits: population counts, leading zeros, reversal, a Hamming distance, bytes permuted.
#include <cstdio>
__host__ __device__ unsigned reversed(unsigned x) {
  unsigned r = 0;
  for (int i = 0; i < 32; ++i) r |= (x >> i & 1) << (31 - i);
  return r;
}
__global__ void bits(const unsigned* x, int* out) {
  unsigned v = x[threadIdx.x];
  int distance = __popc(v ^ x[(threadIdx.x + 1) % 32]);
  bool ok = __brev(v) == reversed(v) && __clz(v) == __ffs(__brev(v)) - 1 + (v == 0) * 33 && __popcll((unsigned long long)v << 32 | v) == 2 * __popc(v) &&
            __byte_perm(v, 0, 0x0123) == ((v >> 24) | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24) && __float_as_uint(__uint_as_float(v)) == v;
  out[threadIdx.x] = ok ? distance : -1;
}
int main() {
  unsigned h[32], *x;
  int r[32], *out;
  for (int i = 0; i < 32; ++i) h[i] = i * 2654435u + (i == 3);
  cudaMalloc(&x, sizeof h), cudaMalloc(&out, sizeof r);
  cudaMemcpy(x, h, sizeof h, cudaMemcpyHostToDevice);
  bits<<<1, 32>>>(x, out);
  cudaMemcpy(r, out, sizeof r, cudaMemcpyDeviceToHost);
  cudaFree(x), cudaFree(out);
  for (int i = 0; i < 32; ++i) {
    int distance = 0;
    for (unsigned b = h[i] ^ h[(i + 1) % 32]; b; b &= b - 1) ++distance;
    if (r[i] != distance) return printf("%d: %d %d\n", i, r[i], distance), 1;
  }
}
