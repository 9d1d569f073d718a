#include <cmath>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

// y is of the size of 1 to 3 and rounded to a float; the sums are doubles of whole numbers.
constexpr double bound = 1e-5;
constexpr double epsilon = 0.5;

struct Moments {
  double mean = 0, square = 0;  // of x and of x²
};
// Of some columns of a row, divided by `divisor`.
Moments moments(const Floats& x, size_t row, size_t columns, Range part, double divisor) {
  Moments m;
  for (size_t c = part.first; c < part.last; ++c) {
    const double value = x[row * columns + c];
    m.mean += value / divisor;
    m.square += value * value / divisor;
  }
  return m;
}

std::string wrong_on_rank(const Floats& y, const Floats& x, size_t rows, size_t columns, Range mine) {
  Doubles right, alone, divided, no_square, outside, no_mean;
  for (size_t row = 0; row < rows; ++row) {
    const Range whole{0, columns};
    const Moments m = moments(x, row, columns, whole, double(columns));
    const Moments own = moments(x, row, columns, mine, double(mine.size()));
    const Moments d = moments(x, row, columns, whole, double(mine.size()));
    const double variance = m.square - m.mean * m.mean;
    for (size_t c = mine.first; c < mine.last; ++c) {
      const double value = x[row * columns + c];
      right.push_back((value - m.mean) / std::sqrt(variance + epsilon));
      alone.push_back((value - own.mean) / std::sqrt(own.square - own.mean * own.mean + epsilon));
      divided.push_back((value - d.mean) / std::sqrt(d.square - d.mean * d.mean + epsilon));
      no_square.push_back((value - m.mean) / std::sqrt(m.square + epsilon));
      outside.push_back((value - m.mean) / (std::sqrt(variance) + epsilon));
      no_mean.push_back(value / std::sqrt(variance + epsilon));
    }
  }
  return compare_values("y", y, right, bound,
                        {{"y has mean and variance of the columns of this rank alone", alone},
                         {"the sums over all ranks are divided by the columns of this rank; they are sums over the whole row", divided},
                         {"the variance is the mean of x²; the square of the mean is missing", no_square},
                         {"epsilon belongs under the root, to the variance", outside},
                         {"the mean is not subtracted from x", no_mean}},
                        mine.size());
}

std::string wrong_with(int ranks, int rows, int columns) {
  const Floats x = small_integers(size_t(rows) * size_t(columns), -7, 9);
  std::vector<Answers> answers = Trial().give(rows).give(columns).give(float(epsilon)).give(x).run_ranks(ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    const Range mine = share(size_t(columns), size_t(ranks), size_t(rank));
    const Floats y = answers[size_t(rank)].floats("y", size_t(rows) * mine.size());
    const std::string with = "with " + std::to_string(ranks) + " ranks, " + std::to_string(rows) + " rows of " + std::to_string(columns) + " columns: ",
                      on = " (on rank " + std::to_string(rank) + ")";
    if (!mine.empty())
      if (const std::string words = wrong_on_rank(y, x, size_t(rows), size_t(columns), mine); !words.empty()) return with + words + on;
    // Somebody may add without collectives: to and from each other rank once.
    const Answers::Traffic traffic = answers[size_t(rank)].traffic();
    if (traffic.collectives > 1 || traffic.messages > 2 * (ranks - 1))
      return with + "y is right, but a rank calls " + std::to_string(traffic.collectives) + " collectives and sends " +
             std::to_string(traffic.messages) + " messages; one exchange for all rows is enough" + on;
  }
  return "";
}

// covers: The matrix x | Of each row | where mean and | There is one exchange
TEST(split_normalize, UnequalShares) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 5, 11));
}
// covers: This rank has
TEST(split_normalize, FewerColumnsThanRanks) { EXPECT_RIGHT(wrong_with(3, 4, 2)); }

// unchecked (calls are not counted): There is one exchange

// explains (what the judge gives): y (rows, mine)

}  // namespace
