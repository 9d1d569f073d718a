// Votes, matches and reductions of a warp, with full and partial masks.
#include "tests/cuda_on_cpu/require.h"

__global__ void votes(unsigned* out) {
  unsigned lane = threadIdx.x % 32, all = 0xffffffffu;
  out[0 * 32 + lane] = __ballot_sync(all, lane % 3 == 0);
  out[1 * 32 + lane] = static_cast<unsigned>(__any_sync(all, lane == 7) + 2 * __all_sync(all, lane < 32));
  out[2 * 32 + lane] = __match_any_sync(all, lane / 8);
  int same;
  unsigned matching = __match_all_sync(all, 5, &same);
  out[3 * 32 + lane] = matching + static_cast<unsigned>(same);
  if (lane < 8) {
    out[4 * 32 + lane] = __reduce_add_sync(0xffu, lane);
    out[5 * 32 + lane] = static_cast<unsigned>(__reduce_min_sync(0xffu, static_cast<int>(lane) - 4));
  } else {
    out[4 * 32 + lane] = __reduce_max_sync(0xffffff00u, lane);
    out[5 * 32 + lane] = __reduce_xor_sync(0xffffff00u, 1u << lane);
  }
  out[6 * 32 + lane] = __shfl_sync(all, lane, 3, 8);
  out[7 * 32 + lane] = __shfl_up_sync(all, lane, 4);
  out[8 * 32 + lane] = static_cast<unsigned>(__shfl_down_sync(all, static_cast<double>(lane), 16, 32));
}

// Of numbers with and without a sign: -1 is the largest of those without.
__global__ void reductions(unsigned* out) {
  const unsigned all = 0xffffffffu, lane = threadIdx.x, number = lane == 5 ? all : lane + 3;
  const int with_sign = static_cast<int>(number);
  const unsigned results[] = {__reduce_min_sync(all, number), __reduce_max_sync(all, number), static_cast<unsigned>(__reduce_min_sync(all, with_sign)),
                              static_cast<unsigned>(__reduce_max_sync(all, with_sign)), __reduce_and_sync(all, number | 64), __reduce_or_sync(all, lane * 8)};
  for (int i = 0; i < 6; ++i) out[32 * i + lane] = results[i];
}

// Of 64 bits all count; some are not all; a shuffle stays in its group of eight lanes, or of four.
__global__ void matches(unsigned* out) {
  const unsigned all = 0xffffffffu, lane = threadIdx.x;
  int same = 7, same_halves = 7;
  out[lane] = __match_any_sync(all, static_cast<unsigned long long>(lane / 4) << 32);
  out[32 + lane] = __match_all_sync(all, lane / 16, &same);
  const unsigned half = __match_all_sync(lane < 16 ? 0xffffu : 0xffff0000u, lane / 16, &same_halves);
  out[64 + lane] = half + static_cast<unsigned>(same) + 2 * static_cast<unsigned>(same_halves);
  out[96 + lane] = __shfl_up_sync(all, lane, 3, 8);
  out[128 + lane] = __shfl_down_sync(all, lane, 3, 4);
  out[160 + lane] = __shfl_xor_sync(all, lane, 12, 8);
}

__global__ void counts(int* out) {
  int odd = __syncthreads_count(threadIdx.x % 2);
  int every = __syncthreads_and(threadIdx.x < 64);
  int some = __syncthreads_or(threadIdx.x == 63);
  out[threadIdx.x] = odd + 100 * (every != 0) + 1000 * (some != 0);
}

int main() {
  unsigned host[9][32], *out;
  OK(cudaMalloc(&out, sizeof host));
  votes<<<1, 32>>>(out);
  OK(cudaGetLastError());
  OK(cudaMemcpy(host, out, sizeof host, cudaMemcpyDeviceToHost));
  for (unsigned lane = 0; lane < 32; ++lane) {
    REQUIRE(host[0][lane] == 0x49249249u);
    REQUIRE(host[1][lane] == 3);
    REQUIRE(host[2][lane] == 0xffu << lane / 8 * 8);
    REQUIRE(host[3][lane] == 0);  // 0xffffffff + 1
    REQUIRE(host[4][lane] == (lane < 8 ? 28u : 31u));
    REQUIRE(host[5][lane] == (lane < 8 ? 0u - 4u : 0xffffff00u));
    REQUIRE(host[6][lane] == lane / 8 * 8 + 3);
    REQUIRE(host[7][lane] == (lane < 4 ? lane : lane - 4));
    REQUIRE(host[8][lane] == (lane < 16 ? lane + 16 : lane));
  }
  reductions<<<1, 32>>>(out);
  OK(cudaGetLastError());
  OK(cudaMemcpy(host, out, sizeof host, cudaMemcpyDeviceToHost));
  const unsigned expected[] = {3, 0xffffffffu, 0xffffffffu, 34, 64, 31 * 8};
  for (unsigned i = 0; i < 6; ++i)
    for (unsigned lane = 0; lane < 32; ++lane) REQUIRE(host[i][lane] == expected[i]);
  matches<<<1, 32>>>(out);
  OK(cudaGetLastError());
  OK(cudaMemcpy(host, out, sizeof host, cudaMemcpyDeviceToHost));
  for (unsigned lane = 0; lane < 32; ++lane) {
    REQUIRE(host[0][lane] == 0xfu << lane / 4 * 4);
    REQUIRE(host[1][lane] == 0);
    REQUIRE(host[2][lane] == (lane < 16 ? 0xffffu : 0xffff0000u) + 2);
    REQUIRE(host[3][lane] == (lane % 8 < 3 ? lane : lane - 3));
    REQUIRE(host[4][lane] == (lane % 4 > 0 ? lane : lane + 3));
    REQUIRE(host[5][lane] == (lane % 16 < 8 ? lane : (lane - 8) ^ 4));
  }
  OK(cudaFree(out));
  int count[64], *device;
  OK(cudaMalloc(&device, sizeof count));
  counts<<<1, 64>>>(device);
  OK(cudaMemcpy(count, device, sizeof count, cudaMemcpyDeviceToHost));
  for (int value : count) REQUIRE(value == 1132);
  OK(cudaFree(device));
}
