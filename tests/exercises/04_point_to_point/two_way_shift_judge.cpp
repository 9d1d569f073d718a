#include "tests/exercises/judge.h"

namespace {

Doubles doubles(const Floats& values) { return {values.begin(), values.end()}; }

// n floats each way; n = 100,000 is more than MPI keeps in buffers, so that a send waits for its receive.
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
    const size_t left = size_t((rank - 1 + ranks) % ranks), right = size_t((rank + 1) % ranks);
    const Floats from_left = answers[size_t(rank)].floats("from_left", size_t(n)),
                 from_right = answers[size_t(rank)].floats("from_right", size_t(n));
    const std::string where = "with " + std::to_string(ranks) + " ranks: ";
    const std::string on = " (on rank " + std::to_string(rank) + ")";
    if (from_left == to_left[right] && from_right == to_right[left])
      return where + "from_left and from_right are exchanged" + on;
    for (const auto& [name, actual, expected, other] :
         {std::tuple{"from_left", from_left, to_right[left], to_right[right]},
          std::tuple{"from_right", from_right, to_left[right], to_left[left]}}) {
      const std::string side = std::string(name).substr(5);
      const std::string opposite = side == "left" ? "right" : "left";
      const std::string words =
          compare_values(name, actual, doubles(expected), 0,
                         {{name + std::string(" has what the ") + opposite + " neighbour meant for its " + opposite + " neighbour",
                           doubles(other)}});
      if (!words.empty()) return where + words + on;
    }
  }
  return "";
}

TEST(two_way_shift, SmallMessages) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 3));
}
TEST(two_way_shift, LargeMessages) { EXPECT_RIGHT(wrong_with(3, 100000)); }

}  // namespace
