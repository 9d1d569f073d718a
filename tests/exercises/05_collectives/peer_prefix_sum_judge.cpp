#include <algorithm>
#include <cmath>

#include "tests/exercises/judge.h"

namespace {

// What x of a rank holds at a wrong time: 1024, 2048, 4096, ... by rank before its stream has written it, less than 0 after it has gone on. The right numbers
// are below 1, so a sum says which of them are in it.
float mark(size_t rank, bool after) { return std::ldexp(after ? -1024.0f : 1024.0f, int(rank)); }

Doubles sum_over(const std::vector<Floats>& x, std::vector<size_t> ranks) {
  Floats sum(x[0].size(), 0.0f);
  for (const size_t rank : ranks)
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += x[rank][i];
  return {sum.begin(), sum.end()};
}

std::vector<size_t> up_to(size_t end) {
  std::vector<size_t> all(end);
  for (size_t i = 0; i < end; ++i) all[i] = i;
  return all;
}

std::string wrong_result(const std::vector<Floats>& x, size_t rank, const Floats& result, bool first_call) {
  const std::string name = "result[" + std::to_string(rank) + "]";
  const Doubles right = sum_over(x, up_to(rank));
  if (within(result, right, 0)) return "";
  const double marks = std::round((double(result[0]) - right[0]) / 1024);
  if (std::isfinite(marks) && marks != 0) {
    size_t whose = 0;
    while (std::fmod(std::abs(marks), std::ldexp(2.0, int(whose))) == 0) ++whose;
    const std::string of = "x[" + std::to_string(whose) + "]";
    if (!first_call) return name + ", in the second call, has numbers that " + of + " held before the call or got after it";
    if (marks > 0) return name + " has what " + of + " held before its stream had written it";
    return name + " has what was written into " + of + " later: its stream went on before rank " + std::to_string(rank) + " had read it";
  }
  // Seven additions at most, of sums below 8: each may round by 2^-22, so much does another order make.
  if (within(result, right, 4e-6)) return name + " is added in another order than x[0] + x[1] + x[2] + ...: its last bits differ";
  return compare_values(name, result, right, 0,
                        {{name + " is the sum over all ranks; it is to be the sum over those before it", sum_over(x, up_to(x.size()))},
                         {name + " is the sum up to and with its own x; that is to be left out", sum_over(x, up_to(rank + 1))}});
}

std::string wrong_with(int ranks, size_t n, const std::vector<int>& order, size_t calls = 1) {
  Trial trial;
  trial.give(int(calls)).give(ranks).give(int(n)).give(order);
  std::vector<std::vector<Floats>> x(calls);
  for (size_t rank = 0; rank < size_t(ranks); ++rank) {
    trial.give(Floats(n, mark(rank, false)));
    for (std::vector<Floats>& of_call : x) trial.give(of_call.emplace_back(random_floats(n))).give(Floats(n, mark(rank, true)));
  }
  Answers answers = trial.run();
  const std::string with = " (" + std::to_string(ranks) + " ranks, n = " + std::to_string(n) + ")";
  const double waits = answers.number("the waits");
  std::string result, changed;
  for (size_t call = 0; call < calls; ++call)
    for (size_t rank = 0; rank < size_t(ranks); ++rank) {
      const Floats found = answers.floats("result", n), x_found = answers.floats("x", n);
      if (n > 0 && result.empty()) result = wrong_result(x[call], rank, found, call == 0);
      if (x_found != x[call][rank] && changed.empty()) changed = "x[" + std::to_string(rank) + "] is changed; it is to stay as it is";
    }
  if (result.empty()) result = changed;
  if (result.empty() && waits > 0) result = "all is right, but the host waits for a stream; only streams are to wait";
  return result.empty() ? "" : result + with;
}

// covers: result[r] (n) = x[0] | sum (n) = vectors | No two arrays | What was given to streams[r] before | It does not wait for another
TEST(peer_prefix_sum, TheLastRankRunsFirst) { EXPECT_RIGHT(wrong_with(5, 700, {4, 3, 2, 1, 0})); }
// covers: What is given to it after this | x[r] (n) stays as it is
TEST(peer_prefix_sum, TheFirstRankRunsFirst) { EXPECT_RIGHT(wrong_with(5, 700, {0, 1, 2, 3, 4})); }
// covers: Then this function may be | The host waits for no stream
TEST(peer_prefix_sum, OtherOrders) {
  EXPECT_RIGHT(wrong_with(4, 256, {2, 0, 3, 1}, 2));
  EXPECT_RIGHT(wrong_with(4, 257, {1, 3, 0, 2}, 2));
}
// covers: There are 1 to 8 ranks
TEST(peer_prefix_sum, OneRankAndEight) {
  EXPECT_RIGHT(wrong_with(1, 3, {0}));
  EXPECT_RIGHT(wrong_with(8, 1, {7, 6, 5, 4, 3, 2, 1, 0}));
  EXPECT_RIGHT(wrong_with(3, 0, {0, 1, 2}));
}

// explains (what stands for what): One process stands for | streams[r] is the stream | Both are for you

}  // namespace
