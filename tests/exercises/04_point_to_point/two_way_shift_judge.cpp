#include "tests/exercises/judge.h"

namespace {

Doubles doubles(const Floats& values) { return {values.begin(), values.end()}; }

// What one rank received, against what its neighbours sent.
std::string wrong_with(const Floats& from_left, const Floats& from_right, const std::vector<Floats>& to_left,
                       const std::vector<Floats>& to_right, size_t left, size_t right) {
  if (from_left == to_left[right] && from_right == to_right[left])
    return "from_left and from_right are exchanged";
  const std::string words = compare_values(
      "from_left", from_left, doubles(to_right[left]), 0,
      {{"from_left has what the left neighbour meant for its own left neighbour", doubles(to_left[left])}});
  if (!words.empty()) return words;
  return compare_values("from_right", from_right, doubles(to_left[right]), 0,
                        {{"from_right has what the right neighbour meant for its own right neighbour",
                          doubles(to_right[right])}});
}

// Each n in turn; 100,000 floats are more than MPI keeps in buffers, so that a send waits for its receive.
std::string wrong_with(int ranks, const std::vector<int>& sizes) {
  std::vector<std::vector<Floats>> to_left, to_right;  // of each size, of each rank
  Trial trial;
  trial.give(int(sizes.size()));
  for (int n : sizes) {
    trial.give(n);
    to_left.emplace_back(), to_right.emplace_back();
    for (int rank = 0; rank < ranks; ++rank)
      for (auto* sent : {&to_left, &to_right})
        trial.give(sent->back().emplace_back(small_integers(size_t(n), 0, 1000)));
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (size_t c = 0; c < sizes.size(); ++c)
    for (int rank = 0; rank < ranks; ++rank) {
      const size_t n = size_t(sizes[c]);
      const Floats from_left = answers[size_t(rank)].floats("from_left", n),
                   from_right = answers[size_t(rank)].floats("from_right", n);
      if (n == 0) continue;
      const std::string words = wrong_with(from_left, from_right, to_left[c], to_right[c],
                                           size_t((rank - 1 + ranks) % ranks), size_t((rank + 1) % ranks));
      if (!words.empty())
        return with_ranks(ranks) + ", n " + std::to_string(n) + ": " + words + " (on rank " +
               std::to_string(rank) + ")";
    }
  return "";
}

// covers: Every rank of comm | It works for any n | Use point-to-point
TEST(two_way_shift, ShiftsBothWays) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, {3, 1, 0, 100000}));
}

// explains (what the judge gives): The four arrays

}  // namespace
