// ranks: 1 2 3 5 8
//
// Sums of numbers that travel in 16 bits: their bits, and their bytes.
#include <gtest/gtest.h>

#include <cmath>

#include "chapters/11_fewer_bits/sixteen_bit_exchange.h"
#include "common/philox.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

namespace {

using Floats = std::vector<float>;

// Of `count` ranks, from the definition of rounding: operands, each sum where that is asked for, and what is sent to all.
Floats plain_sum(const std::vector<Floats>& operands, const Format& f, SumIn how) {
  Floats sum;
  for (size_t i = 0; i < operands[0].size(); ++i) {
    float s = rounded(operands[0][i], f);
    for (size_t r = 1; r < operands.size(); ++r) {
      s += rounded(operands[r][i], f);
      if (how == SumIn::sixteen_bits) s = rounded(s, f);
    }
    sum.push_back(rounded(s, f));
  }
  return sum;
}

TEST(Sum, HasTheBitsOfAPlainLoop) {
  for (const char* name : {"bf16", "half"})
    for (const SumIn how : {SumIn::floats, SumIn::sixteen_bits})
      for (const size_t n : {0, 1, 4, 37, 1001}) {
        std::vector<Floats> operands;
        for (int r = 0; r < ranks; ++r) operands.push_back(test_floats(n, uint32_t(10 + r)));
        Floats data = operands[size_t(rank)];
        const double bytes = double(allreduce_sixteen_bits(data.data(), n, sixteen_bits(name), how, MPI_COMM_WORLD));
        EXPECT_ON_ALL_RANKS(data == (ranks == 1 ? operands[0] : plain_sum(operands, sixteen_bits(name).format, how))) << name << " " << n;
        // Each of the others gets its block, and this rank's: n divided by the ranks, the first ones have one less or more.
        const Range own = share(n, size_t(ranks), size_t(rank));
        const double expected = ranks == 1 ? 0 : 2.0 * (double(n) - double(own.size())) + 2.0 * double(own.size()) * (ranks - 1);
        EXPECT_ON_ALL_RANKS(bytes == expected) << name << " " << n << ": " << bytes << " bytes, not " << expected;
        EXPECT_ON_ALL_RANKS(bytes_sent(n, ranks, rank, 2) == expected);
        EXPECT_ON_ALL_RANKS(bytes_sent(n, ranks, rank, 4) == 2 * expected);
      }
}

TEST(Sum, KeepsWhatIsNotFinite) {
  Floats data(23, 1.0f);
  if (rank == ranks - 1) data[7] = std::numeric_limits<float>::infinity(), data[22] = std::nanf("");
  allreduce_sixteen_bits(data.data(), data.size(), sixteen_bits("bf16"), SumIn::sixteen_bits, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(std::isinf(data[7]) && std::isnan(data[22]) && data[8] == float(ranks));
}

// By hand: 256 is as far as ones can be counted in bf16.
TEST(Sum, OfOnesStandsStillIn16Bits) {
  const SixteenBits& bf16 = sixteen_bits("bf16");
  const uint16_t one = bf16_bits(1), many = bf16_bits(254);
  std::vector<const uint16_t*> x = {&many};
  for (int i = 0; i < 20; ++i) x.push_back(&one);
  float in_floats = 0, in_sixteen = 0;
  add_sixteen_bits(&in_floats, x, 1, bf16, SumIn::floats);
  add_sixteen_bits(&in_sixteen, x, 1, bf16, SumIn::sixteen_bits);
  EXPECT_ON_ALL_RANKS(in_floats == 274 && in_sixteen == 256);
}

}  // namespace
