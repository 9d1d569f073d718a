// Random numbers by counting: Philox4x32-10.
//
// A usual generator has a state, so number 1000 needs the 999 before it, in order, on one process. A counter-based
// generator is a pure function of (key, counter): any rank computes the numbers of exactly the elements that it holds,
// and a network split in any way starts from the same weights.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

using Philox4 = std::array<uint32_t, 4>;

// The four 32-bit words that belong to this counter under this key: ten rounds of multiply, swap and xor.
constexpr Philox4 philox(Philox4 counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {uint32_t(product1 >> 32) ^ counter[1] ^ key[0], uint32_t(product1),
               uint32_t(product0 >> 32) ^ counter[3] ^ key[1], uint32_t(product0)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};  // golden ratio, sqrt(3) - 1
  }
  return counter;
}

// What the numbers are for. It is part of the counter, so that streams of different purposes never meet.
enum class RandomStream : uint32_t { weights = 1, permutation = 2, test = 3, data = 4 };

// Four words for (seed, stream, group, index): group is a layer or an epoch, index an element of it.
constexpr Philox4 random_words(uint64_t seed, RandomStream stream, uint32_t group, uint64_t index) {
  return philox({uint32_t(index), uint32_t(index >> 32), group, uint32_t(stream)},
                {uint32_t(seed), uint32_t(seed >> 32)});
}

// Uniform in [0, 1): 24 bits, every value exact in a float.
constexpr float uniform(uint32_t word) { return float(word >> 8) * 0x1p-24f; }

// n numbers from -1 to 1, for tests and benchmarks; another group gives others.
inline std::vector<float> test_floats(size_t n, uint32_t group = 0) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = 2 * uniform(random_words(1, RandomStream::test, group, i)[0]) - 1;
  return values;
}
