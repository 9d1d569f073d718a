#include <algorithm>
#include <climits>
#include <numeric>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

using Integers = std::vector<int>;

std::string list(const Integers& numbers) {
  std::string words;
  for (int number : numbers) words += (words.empty() ? "" : ", ") + std::to_string(number);
  return words;
}

// The k best of the classes `part`, by sorting; stable, so that the lower number is first among equals.
Integers best(const Floats& z, Range part, int k) {
  Integers order(part.size());
  std::iota(order.begin(), order.end(), int(part.first));
  std::ranges::stable_sort(order, [&](int a, int b) { return z[size_t(a)] > z[size_t(b)]; });
  order.resize(std::min(order.size(), size_t(k)));
  return order;
}

// z (classes): the logits of this row
std::string wrong_row(const Integers& top, const Floats& z, int ranks, int rank) {
  const int classes = int(z.size()), k = int(top.size());
  const Integers right = best(z, {0, z.size()}, k);
  if (top == right) return "";
  const std::string are = "are " + list(top) + "; ", should = "they should be " + list(right);
  auto sorted = [](Integers numbers) { return std::ranges::sort(numbers), numbers; };
  for (int number : top) {
    if (number == INT_MIN) return "were never written (" + should + ")";
    if (number < 0 || number >= classes) return are + "there is no class " + std::to_string(number);
  }
  Floats negative = z;
  for (float& value : negative) value = -value;
  if (sorted(top) == sorted(best(negative, {0, z.size()}, k))) return are + "these have the smallest logits; " + should;
  const Range mine = share(z.size(), size_t(ranks), size_t(rank));
  const Integers own = best(z, mine, k);
  if (ranks > 1 && std::equal(own.begin(), own.end(), top.begin())) return are + "these are this rank's own best; " + should;
  for (int i = 0; i < k; ++i)
    if (std::count(top.begin(), top.end(), top[size_t(i)]) > 1 || top[size_t(i)] != right[size_t(i)]) {
      if (const Range owner_part = mine; ranks > 1 && owner_part.size() > 0) {
        for (int r = 1; r < ranks; ++r) {
          const Range part = share(z.size(), size_t(ranks), size_t(r));
          if (right[size_t(i)] >= int(part.first) && right[size_t(i)] < int(part.last) &&
              top[size_t(i)] == right[size_t(i)] - int(part.first))
            return are + "classes are numbered from 0 on every rank: " + should;
        }
      }
      break;
    }
  bool equal_logits = true;
  for (int i = 0; i < k; ++i) equal_logits = equal_logits && z[size_t(top[size_t(i)])] == z[size_t(right[size_t(i)])];
  if (equal_logits) return are + "among equal logits the lower number comes first: " + should;
  if (sorted(top) == sorted(right)) return are + "the right ones, but the largest first: " + list(right);
  return are + should;
}

std::string wrong_with(int ranks, int rows, int classes, int k, int low, int high) {
  const Floats z = small_integers(size_t(rows) * size_t(classes), low, high);
  std::vector<Answers> answers = Trial().give(rows).give(classes).give(k).give(z).run_ranks(ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    const Integers top = answers[size_t(rank)].integers("top", size_t(rows) * size_t(k));
    for (int row = 0; row < rows; ++row) {
      const Floats logits(z.begin() + long(row) * classes, z.begin() + long(row + 1) * classes);
      const Integers of_row(top.begin() + long(row) * k, top.begin() + long(row + 1) * k);
      if (const std::string words = wrong_row(of_row, logits, ranks, rank); !words.empty())
        return "with " + std::to_string(ranks) + " ranks, " + std::to_string(classes) + " classes, k = " + std::to_string(k) +
               ": the best of row " + std::to_string(row) + " " + words + " (on rank " + std::to_string(rank) + ")";
    }
    // A candidate is 8 bytes. Some make it 16, and count what comes from the other ranks, too.
    const double bytes = answers[size_t(rank)].traffic().bytes, most = 32.0 * ranks * rows * k;
    if (bytes > most)
      return "top is right, but rank " + std::to_string(rank) + " hands " + std::to_string(long(bytes)) + " bytes to MPI, of " + std::to_string(rows) +
             " rows with " + std::to_string(classes) + " classes: what travels are " + std::to_string(k) + " candidates of each row, not the logits";
  }
  return "";
}

// covers: top (rows, k)
TEST(top_k, DifferentLogits) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 6, 23, 4, -100000, 100000));
}
TEST(top_k, EqualLogits) { EXPECT_RIGHT(wrong_with(2, 6, 30, 5, -3, 3)); }
// covers: What travels
TEST(top_k, ManyClasses) { EXPECT_RIGHT(wrong_with(2, 3, 3001, 4, -1000000, 1000000)); }
// covers: This rank has | 1 <= k
TEST(top_k, MoreThanARankHas) {
  EXPECT_RIGHT(wrong_with(3, 3, 7, 5, -1000, -1));
  EXPECT_RIGHT(wrong_with(3, 2, 2, 2, -1000, -1));
}

// unchecked (what travels is not looked at): What travels

// explains (what the judge gives): All logits

}  // namespace
