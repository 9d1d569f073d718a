#include "tests/exercises/judge.h"

namespace {

Doubles doubles(const Floats& values) { return {values.begin(), values.end()}; }

// What one rank received, against what its neighbours sent.
std::string wrong_with(const Floats& from_left, const Floats& from_right, const std::vector<Floats>& to_left,
                       const std::vector<Floats>& to_right, size_t left, size_t right) {
  if (from_left == to_left[right] && from_right == to_right[left]) return "from_left and from_right are exchanged";
  const std::string words =
      compare_values("from_left", from_left, doubles(to_right[left]), 0,
                     {{"from_left has what the left neighbour meant for its own left neighbour", doubles(to_left[left])}});
  if (!words.empty()) return words;
  return compare_values(
      "from_right", from_right, doubles(to_left[right]), 0,
      {{"from_right has what the right neighbour meant for its own right neighbour", doubles(to_right[right])}});
}

std::string wrong_with(int ranks, int n) {
  std::vector<Floats> to_left, to_right;
  Trial trial;
  trial.give(n);
  for (int rank = 0; rank < ranks; ++rank) {
    to_left.push_back(small_integers(size_t(n), 0, 1000));
    to_right.push_back(small_integers(size_t(n), 0, 1000));
    trial.give(to_left.back()).give(to_right.back());
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    const Floats from_left = answers[size_t(rank)].floats("from_left", size_t(n)),
                 from_right = answers[size_t(rank)].floats("from_right", size_t(n));
    const std::string words = wrong_with(from_left, from_right, to_left, to_right,
                                         size_t((rank - 1 + ranks) % ranks), size_t((rank + 1) % ranks));
    if (!words.empty()) return with_ranks(ranks) + ": " + words + " (on rank " + std::to_string(rank) + ")";
  }
  return "";
}

TEST(two_way_shift, SmallMessages) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 3));
}
// More than MPI keeps in buffers, so that a send waits for its receive.
TEST(two_way_shift, LargeMessages) { EXPECT_RIGHT(wrong_with(3, 100000)); }

}  // namespace
