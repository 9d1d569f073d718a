#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

using Gradients = std::vector<Floats>;

Floats operator+(Floats a, const Floats& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

// ((g0 + g1) + g2) + ... over [first, last), which is not empty
Floats in_order(const Gradients& g, size_t first, size_t last) {
  Floats sum = g[first];
  for (size_t m = first + 1; m < last; ++m) sum = sum + g[m];
  return sum;
}

Floats by_tree(Gradients level) {
  while (level.size() > 1) {
    Gradients next;
    for (size_t m = 0; m < level.size(); m += 2)
      next.push_back(m + 1 < level.size() ? level[m] + level[m + 1] : level[m]);
    level = next;
  }
  return level[0];
}

Gradients sums_of_ranks(const Gradients& g, int ranks) {
  Gradients sums;
  for (int rank = 0; rank < ranks; ++rank)
    if (const Range part = share(g.size(), size_t(ranks), size_t(rank)); !part.empty())
      sums.push_back(in_order(g, part.first, part.last));
  return sums;
}

Doubles exact(const Floats& values) { return {values.begin(), values.end()}; }

// From which gradient on they are all missing from the sum; M if none is, or nothing fits. The gradients are of the size
// of 1, and a sum of sixteen rounds by less than 1e-4.
size_t first_missing(const Floats& total, const Gradients& g) {
  Doubles sum(total.size());
  for (size_t m = 0; m + 1 < g.size(); ++m) {
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += g[m][i];
    if (within(total, sum, 1e-4)) return m + 1;
  }
  return g.size();
}

std::string wrong_on_rank(const Floats& total, const Gradients& g, int ranks) {
  if (const size_t m = first_missing(total, g); m + 1 < g.size())
    return "the gradients from g" + std::to_string(m) + " on are left out of the sum";
  else if (m + 1 == g.size())
    return "g" + std::to_string(m) + ", the last one, is left out of the sum";
  const Gradients parts = sums_of_ranks(g, ranks);
  std::vector<Mistake> mistakes;
  if (ranks > 1)
    for (const Floats& sum : {by_tree(parts), in_order(parts, 0, parts.size())})
      mistakes.push_back({"the gradients are added first within each rank, then over the ranks: with another number of "
                          "ranks that gives other bits", exact(sum)});
  mistakes.push_back({"the gradients are added one after another, ((g0 + g1) + g2) + ...; the tree has other bits",
                      exact(in_order(g, 0, g.size()))});
  return compare_values("total", total, exact(by_tree(g)), 0, mistakes);
}

std::string wrong_with(int ranks, int micro_batches) {
  const int n = 100;
  Gradients g;
  Floats all;
  for (int m = 0; m < micro_batches; ++m) {
    g.push_back(random_floats(size_t(n)));
    all.insert(all.end(), g.back().begin(), g.back().end());
  }
  std::vector<Answers> answers = Trial().give(n).give(micro_batches).give(all).run_ranks(ranks);
  for (int rank = 0; rank < ranks; ++rank)
    if (const std::string words = wrong_on_rank(answers[size_t(rank)].floats("total", size_t(n)), g, ranks); !words.empty())
      return "with " + std::to_string(ranks) + " ranks and " + std::to_string(micro_batches) + " micro-batches: " + words +
             " (on rank " + std::to_string(rank) + ")";
  return "";
}

// covers: total (n) | What has no neighbour | Each + is
TEST(tree_sum, SevenMicroBatches) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 7));
}
// covers: Rank r of comm has
TEST(tree_sum, FewerMicroBatchesThanRanks) {
  EXPECT_RIGHT(wrong_with(4, 3));
  EXPECT_RIGHT(wrong_with(3, 1));
}
TEST(tree_sum, SixteenMicroBatches) { EXPECT_RIGHT(wrong_with(3, 16)); }

// explains (the sum in words): There are gradients | Of five | Chapter 06 adds

}  // namespace
