// Random numbers by counting: Philox 4x32-10 in every thread, pi by throwing darts.
#include <cstdio>
#include <cstdint>
struct Philox {
  uint32_t key0, key1;
  __host__ __device__ static uint32_t high(uint32_t a, uint32_t b) { return uint32_t(uint64_t(a) * b >> 32); }
  __host__ __device__ uint4 operator()(uint4 c) const {
    uint32_t k0 = key0, k1 = key1;
    for (int round = 0; round < 10; ++round) {
      c = make_uint4(high(0xCD9E8D57u, c.z) ^ c.y ^ k0, 0xCD9E8D57u * c.z, high(0xD2511F53u, c.x) ^ c.w ^ k1, 0xD2511F53u * c.x);
      k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    return c;
  }
};
__global__ void darts(unsigned long long* hits, uint4* first, int n) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x, mine = 0;
  Philox random{7, 8};
  for (unsigned j = i; j < unsigned(n); j += gridDim.x * blockDim.x) {
    uint4 r = random(make_uint4(j, 0, 0, 0));
    float x = r.x * 0x1p-32f, y = r.y * 0x1p-32f;
    mine += x * x + y * y < 1;
  }
  atomicAdd(hits, mine);
  if (i == 0) *first = random(make_uint4(0, 0, 0, 0));
}
int main() {
  unsigned long long *hits, h;
  uint4 *first, f;
  const int n = 40000;
  cudaMalloc(&hits, sizeof h), cudaMalloc(&first, sizeof f);
  cudaMemset(hits, 0, sizeof h);
  darts<<<4, 64>>>(hits, first, n);
  cudaMemcpy(&h, hits, sizeof h, cudaMemcpyDeviceToHost);
  cudaMemcpy(&f, first, sizeof f, cudaMemcpyDeviceToHost);
  cudaFree(hits), cudaFree(first);
  uint4 again = Philox{7, 8}(make_uint4(0, 0, 0, 0));
  double pi = 4.0 * h / n;
  return pi > 3.1 && pi < 3.18 && f.x == again.x && f.w == again.w ? 0 : (printf("%g\n", pi), 1);
}
