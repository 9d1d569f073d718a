#include <cmath>

#include "tests/exercises/judge.h"

namespace {

using Shards = std::vector<Floats>;

double norm_of(const Floats& values) {
  double squares = 0;
  for (float value : values) squares += double(value) * value;
  return std::sqrt(squares);
}

// Sums of squares of whole numbers are exact; what is left are a few roundings of doubles.
bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); }

std::string wrong_norm(double actual, const Shards& shards, int rank) {
  double whole = 0, sum = 0;
  for (const Floats& shard : shards) {
    whole = std::hypot(whole, norm_of(shard));
    sum += norm_of(shard);
  }
  if (near(actual, whole)) return "";
  const std::string number = std::to_string(rank);
  if (near(actual, norm_of(shards[size_t(rank)]))) return "returns the norm of the shard of rank " + number + " alone";
  if (near(actual, sum)) return "returns the sum of the norms of the shards, not the norm of the whole";
  if (near(actual, whole * whole)) return "returns the square of the norm";
  if (near(actual, whole / double(shards.size()))) return "returns the norm divided by the number of ranks";
  if (std::isinf(actual)) return "the norm is infinite: squares of large floats do not fit into a float";
  return "returns " + std::to_string(actual) + "; the norm is " + std::to_string(whole);
}

std::string wrong_with(const Shards& shards, float limit) {
  const int ranks = int(shards.size());
  double norm = 0;
  Trial trial;
  trial.give(limit);
  for (const Floats& shard : shards) {
    norm = std::hypot(norm, norm_of(shard));
    trial.give(int(shard.size())).give(shard);
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    const std::string where = "with " + std::to_string(ranks) + " ranks: ", on = " (on rank " + std::to_string(rank) + ")";
    const double actual = answers[size_t(rank)].number("the norm");
    const Floats& old = shards[size_t(rank)];
    const Floats clipped = answers[size_t(rank)].floats("shard", old.size());
    if (const std::string words = wrong_norm(actual, shards, rank); !words.empty()) return where + words + on;
    const double factor = norm > limit ? limit / norm : 1;
    for (size_t i = 0; i < old.size(); ++i) {
      const double expected = old[i] * factor;
      // The factor and the product are rounded to floats, where they are not doubles: twice 2^-24.
      if (std::abs(clipped[i] - expected) <= (factor == 1 ? 0 : 2e-7 * std::abs(expected))) continue;
      const std::string is = "shard[" + std::to_string(i) + "] is " + std::to_string(clipped[i]);
      if (factor == 1)
        return where + is + ", and was " + std::to_string(old[i]) + ": the norm is not greater than the limit" + on;
      return where + is + "; it should be " + std::to_string(expected) + ", " + std::to_string(factor) + " of what it was" + on;
    }
  }
  return "";
}

Shards random_shards(const std::vector<int>& sizes, float scale) {
  Shards shards;
  for (int size : sizes) {
    shards.push_back(small_integers(size_t(size), 1, 9));
    for (float& value : shards.back()) value *= scale;
  }
  return shards;
}

// covers: If the Euclidean norm | Returns the norm
TEST(clip_shards, ALargeGradient) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(random_shards(std::vector<int>(size_t(ranks), 20), 1), 2));
}
TEST(clip_shards, ASmallGradientStaysAsItIs) { EXPECT_RIGHT(wrong_with(random_shards({5, 4}, 1), 1000)); }
// covers: The gradient of the model
TEST(clip_shards, AnEmptyShard) { EXPECT_RIGHT(wrong_with(random_shards({7, 0, 3}, 1), 5)); }
// covers: Squares are computed
TEST(clip_shards, ZerosAndHugeNumbers) {
  EXPECT_RIGHT(wrong_with({{0, 0}, {0, 0, 0}}, 1));
  EXPECT_RIGHT(wrong_with(random_shards({3, 4}, 0x1p80f), 1));
}

}  // namespace
