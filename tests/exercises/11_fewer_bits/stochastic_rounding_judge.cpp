#include <bit>
#include <cmath>
#include <functional>

#include "tests/exercises/judge.h"

namespace {

using Rule = std::function<bool(uint32_t low, uint32_t random, bool negative)>;  // away from zero?

Doubles by(const Rule& rule, const Floats& x, const std::vector<int>& random) {
  Doubles all;
  for (size_t i = 0; i < x.size(); ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(x[i]), low = bits % 65536;
    all.push_back(std::bit_cast<float>(bits - low + (rule(low, uint32_t(random[i]), x[i] < 0) ? 65536 : 0)));
  }
  return all;
}

std::string wrong_with(const Floats& x, const std::vector<int>& random) {
  const Floats rounded = Trial().give(int(x.size())).give(x).give(random).run().floats("rounded", x.size());
  const auto mistake = [&](const char* words, const Rule& rule) { return Mistake{words, by(rule, x, random)}; };
  return compare_values(
      "rounded", rounded, by([](uint32_t low, uint32_t r, bool) { return low > r; }, x, random), 0,
      {mistake("the lower 16 bits are cut off, whatever random says", [](uint32_t, uint32_t, bool) { return false; }),
       mistake("each number went to the nearest bf16, whatever random says", [](uint32_t low, uint32_t, bool) { return low > 32768; }),
       mistake("each number went away from zero as often as not, however large its lower 16 bits are",
               [](uint32_t low, uint32_t r, bool) { return r < 32768 && low > 0; }),
       mistake("a number goes away from zero where its lower bits are larger than random, not where they are equal",
               [](uint32_t low, uint32_t r, bool) { return low >= r; }),
       mistake("it is the other way round: away from zero where the lower bits are larger", [](uint32_t low, uint32_t r, bool) { return low > 0 && low <= r; }),
       mistake("large lower bits lead upwards, but they are to lead further from zero, down where x is negative",
               [](uint32_t low, uint32_t r, bool negative) { return low > (negative ? 65535 - r : r); })});
}

// 1 + 3/4, 1/4, 0 and nearly 1 of the way to the next bf16, and the same below zero. The random numbers lie on both sides of that.
// covers: rounded (n): | It is the one | A bf16 is | Where these bits
TEST(stochastic_rounding, ByHand) {
  const float one = 1, step = 0x1p-7f;
  const Floats x = {one + 0.75f * step, one + 0.75f * step, one + 0.25f * step, one + 0.25f * step, one, one, -one - 0.75f * step, -one - 0.75f * step, -one - 0.25f * step};
  EXPECT_RIGHT(wrong_with(x, {40000, 60000, 10000, 40000, 0, 65535, 40000, 60000, 20000}));
  // Where they are equal, or differ by one.
  EXPECT_RIGHT(wrong_with({one + 0x1234 * 0x1p-23f, one + 0x1234 * 0x1p-23f, -one - 0x1234 * 0x1p-23f, one + 0x1p-23f, 2}, {0x1234, 0x1233, 0x1234, 0, 0}));
}
// covers: x (n) are | random (n) are
TEST(stochastic_rounding, AnyNumbers) {
  Floats x = random_floats(500, -100, 100);
  for (float small : random_floats(100, -1e-39f, 1e-39f)) x.push_back(small);  // denormals, too
  std::vector<int> random;
  for (size_t i = 0; i < x.size(); ++i) random.push_back(random_number(0, 65535));
  EXPECT_RIGHT(wrong_with(x, random));
  EXPECT_RIGHT(wrong_with({0.1f}, {3}));
}

}  // namespace
