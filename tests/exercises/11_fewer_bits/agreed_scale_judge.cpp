#include <cmath>
#include <limits>

#include "tests/exercises/judge.h"

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(), not_a_number = std::numeric_limits<float>::quiet_NaN();

using Shards = std::vector<Floats>;  // by rank

std::string text(double number) {
  char words[32];
  std::snprintf(words, sizeof words, "%g", number);
  return words;
}

bool finite(const Shards& shards) {
  for (const Floats& shard : shards)
    for (float x : shard)
      if (!std::isfinite(x)) return false;
  return true;
}

// What is not finite in a step, in words.
std::string what_is_bad(const Shards& shards) {
  for (size_t rank = 0; rank < shards.size(); ++rank)
    for (float x : shards[rank])
      if (!std::isfinite(x)) return std::string(std::isnan(x) ? "a NaN" : "an infinity") + " on rank " + std::to_string(rank);
  return "no bad number";
}

std::string wrong_with(const std::vector<Shards>& steps, int patience) {
  const int ranks = int(steps[0].size());
  float scale = 1024;
  Trial trial;
  trial.give(int(steps.size())).give(patience).give(scale);
  for (const Shards& shards : steps)
    for (const Floats& shard : shards) trial.give(int(shard.size())).give(shard);
  std::vector<Answers> answers = trial.run_ranks(ranks);

  int good = 0;
  for (size_t s = 0; s < steps.size(); ++s) {
    const std::string where = "with " + std::to_string(ranks) + " ranks, in step " + std::to_string(s + 1) + " (" +
                              (finite(steps[s]) ? "all is finite" : "there is " + what_is_bad(steps[s])) + "): ";
    const float divisor = scale;
    const bool taken = finite(steps[s]);
    good = taken ? good + 1 : 0;
    if (!taken) scale /= 2;
    else if (good == patience) scale *= 2, good = 0;

    Doubles scales, goods;
    Shards results;
    for (int rank = 0; rank < ranks; ++rank) {
      scales.push_back(answers[size_t(rank)].number("the next scale"));
      goods.push_back(answers[size_t(rank)].number("good"));
      results.push_back(answers[size_t(rank)].floats("shard", steps[s][size_t(rank)].size()));
    }
    for (int rank = 1; rank < ranks; ++rank)
      if (scales[size_t(rank)] != scales[0] || goods[size_t(rank)] != goods[0])
        return where + "the ranks do not agree: rank 0 goes on with the scale " + text(scales[0]) + " after " + text(goods[0]) + " good steps, rank " +
               std::to_string(rank) + " with " + text(scales[size_t(rank)]) + " after " + text(goods[size_t(rank)]);
    for (int rank = 0; rank < ranks; ++rank) {
      const std::string on = " (on rank " + std::to_string(rank) + ")";
      if (goods[size_t(rank)] != good) return where + "good is " + text(goods[size_t(rank)]) + ", not " + std::to_string(good) + on;
      if (scales[size_t(rank)] != scale) return where + "the next scale is " + text(scales[size_t(rank)]) + ", not " + text(scale) + on;
      const Floats& old = steps[s][size_t(rank)];
      for (size_t i = 0; i < old.size(); ++i) {
        const float expected = taken ? old[i] / divisor : old[i], is = results[size_t(rank)][i];
        if (is == expected || (std::isnan(is) && std::isnan(expected))) continue;
        const std::string words = where + "shard[" + std::to_string(i) + "] is " + text(is) + ", and was " + text(old[i]);
        if (!taken) return words + ": the step is skipped, and no shard changes" + on;
        if (scale != divisor && is == old[i] / scale) return words + ": it is divided by the next scale, not by the one that the loss was multiplied by" + on;
        return words + ": divided by " + text(divisor) + " it is " + text(expected) + on;
      }
    }
  }
  return "";
}

// Shards of different lengths; rank 1, where there is one, has none.
Shards numbers(int ranks) {
  Shards shards;
  for (int rank = 0; rank < ranks; ++rank) shards.push_back(small_integers(rank == 1 ? 0 : size_t(random_number(1, 20)), 1, 999));
  return shards;
}
Shards with(float bad, int ranks, int rank) {
  Shards shards = numbers(ranks);
  Floats& shard = shards[size_t(rank)];
  if (shard.empty()) shard = {1, 2, 3};
  shard[size_t(random_number(0, int(shard.size()) - 1))] = bad;
  return shards;
}

// covers: If all numbers | Where it has then | Returns the next | It is the same
TEST(agreed_scale, AllIsFinite) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with({numbers(ranks), numbers(ranks), numbers(ranks), numbers(ranks), numbers(ranks)}, 2));
}
// covers: If one number
TEST(agreed_scale, OneRankOverflows) {
  for (int ranks : task_ranks())
    for (float bad : {infinity, not_a_number, -infinity})
      EXPECT_RIGHT(wrong_with({numbers(ranks), numbers(ranks), with(bad, ranks, ranks - 1), numbers(ranks), with(bad, ranks, 0), numbers(ranks), numbers(ranks), numbers(ranks), numbers(ranks)}, 3));
}
// covers: The gradient of the model
TEST(agreed_scale, NothingOnOneRank) { EXPECT_RIGHT(wrong_with({numbers(2), with(infinity, 2, 1), with(not_a_number, 2, 0), numbers(2)}, 1)); }

// explains (where the scale comes from): The loss was

}  // namespace
