// What chapter 01 claims of a gradient's length: exact until the root, whatever the order and the pieces; and of gradients that are
// clipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/gradient_norm.h"
#include "common/philox.h"

namespace {

double root_of(std::span<const float> numbers) {
  SquareSum sum;
  sum.add(numbers);
  return sum.root();
}

// Of all sizes, from the smallest floats to the largest.
std::vector<float> numbers_of_all_sizes(size_t n, int smallest, int largest) {
  std::vector<float> numbers;
  for (size_t i = 0; i < n; ++i) {
    const auto words = random_words(1, RandomStream::test, 3, i);
    numbers.push_back(std::ldexp(uniform(words[0]) - 0.5f, smallest + int(words[1] % uint32_t(largest - smallest + 1))));
  }
  return numbers;
}

TEST(SquareSum, OfSmallNumbersIsExact) {
  EXPECT_EQ(root_of({}), 0);
  EXPECT_EQ(root_of(std::vector<float>{3, -4}), 5);
  EXPECT_EQ(root_of(std::vector<float>{0.5f, 0.5f, -0.5f, 0.5f, 0}), 1);
}

TEST(SquareSum, TakesEveryFloat) {
  EXPECT_EQ(root_of(std::vector<float>{FLT_TRUE_MIN}), double(FLT_TRUE_MIN));
  EXPECT_EQ(root_of(std::vector<float>{FLT_MIN, 0, 0}), double(FLT_MIN));
  EXPECT_EQ(root_of(std::vector<float>(4, FLT_MAX)), 2 * double(FLT_MAX));
  for (int e = -140; e < 127; e += 3) EXPECT_EQ(root_of(std::vector<float>{std::ldexp(3.0f, e - 1), std::ldexp(-4.0f, e - 1)}), std::ldexp(5.0, e - 1));
  EXPECT_TRUE(std::isnan(root_of(std::vector<float>{1, INFINITY})));
  EXPECT_TRUE(std::isnan(root_of(std::vector<float>{NAN, 1})));
}

// One that is added in double precision would not see the small ones beside the large one, in one order, and would in another.
TEST(SquareSum, DoesNotDependOnOrderAndPieces) {
  const std::vector<float> numbers = numbers_of_all_sizes(5000, -60, 60);
  std::vector<float> other = numbers;
  std::sort(other.begin(), other.end());
  EXPECT_EQ(root_of(numbers), root_of(other));
  SquareSum all;
  for (size_t ranks : {2, 7})
    for (size_t r = 0; r < ranks; ++r) {  // as ranks do: each its piece, then the digits place by place
      SquareSum mine;
      mine.add(std::span(numbers).subspan(r * 5000 / ranks, (r + 1) * 5000 / ranks - r * 5000 / ranks));
      if (r == 0) all = {};
      for (size_t i = 0; i < SquareSum::places; ++i) all.digits[i] += mine.digits[i];
      if (r + 1 < ranks) continue;
      EXPECT_EQ(all.root(), root_of(numbers)) << ranks;
    }
}

// A digit of a sum over ranks is larger than those of one rank: added from the highest one on as they are, they would be rounded elsewhere.
TEST(SquareSum, OfRanksIsRoundedAsThatOfOne) {
  const std::vector<float> numbers = numbers_of_all_sizes(20000, -40, 40);
  for (size_t first = 0; first < numbers.size(); first += 40) {
    const auto some = std::span(numbers).subspan(first, 40);
    SquareSum all;
    for (size_t rank = 0; rank < 40; rank += 5) {
      SquareSum mine;
      mine.add(some.subspan(rank, 5));
      for (size_t i = 0; i < SquareSum::places; ++i) all.digits[i] += mine.digits[i];
    }
    EXPECT_EQ(all.root(), root_of(some)) << first;
  }
}

// In long double, 64 bits, of numbers whose sizes do not differ much.
TEST(SquareSum, IsThatOfALongerSum) {
  const std::vector<float> numbers = numbers_of_all_sizes(5000, -6, 3);
  long double sum = 0;
  for (float x : numbers) sum += static_cast<long double>(x) * x;
  EXPECT_NEAR(root_of(numbers), double(std::sqrt(sum)), 1e-15 * double(std::sqrt(sum)));
}

// More than are added between two carries, each with nearly the most that a digit can get.
TEST(SquareSum, TakesMillionsOfNumbers) {
  const size_t n = (size_t{3} << 20) + 5;
  const double expected = 0x1.fffffep10 * std::sqrt(double(n));  // rounded twice
  EXPECT_NEAR(root_of(std::vector<float>(n, 0x1.fffffep10f)), expected, 1e-15 * expected);
}

TEST(Clipping, ShortensWhatIsLongerAndLeavesTheRestAlone) {
  CpuDevice device;
  std::vector<float> g = {3, 0, -4};
  clip_gradient(device, g.data(), 3, 5);
  EXPECT_EQ(g, (std::vector<float>{3, 0, -4}));
  clip_gradient(device, g.data(), 3, 0);
  EXPECT_EQ(g, (std::vector<float>{3, 0, -4}));
  clip_gradient(device, g.data(), 3, 2.5);
  EXPECT_EQ(g, (std::vector<float>{1.5f, 0, -2}));
  SquareSum none;
  EXPECT_EQ(clip_factor(none, 1), 1);
}

}  // namespace
