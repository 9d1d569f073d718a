#include "tests/exercises/05_collectives/messages_of_rank.h"

namespace {

// The sum over the ranks [first, end), added in this order: the bits are prescribed, too.
Doubles sum_over(const std::vector<Floats>& x, size_t first, size_t end) {
  Floats sum(x[0].size(), 0.0f);
  for (size_t rank = first; rank < end; ++rank)
    for (size_t i = 0; i < sum.size(); ++i) sum[i] = rank == first ? x[rank][i] : sum[i] + x[rank][i];
  return {sum.begin(), sum.end()};
}

std::string wrong_result(const std::vector<Floats>& x, size_t rank, const Floats& result) {
  const std::string name = "result of rank " + std::to_string(rank);
  // Four more additions at most, of numbers below 1: each may round by 2^-24, so much does another order make.
  const double order = 4e-6;
  if (within(result, sum_over(x, 0, rank), 0)) return "";
  if (within(result, sum_over(x, 0, rank), order))
    return name + " is added in another order than x0 + x1 + x2 + ...: its last bits differ";
  if (within(result, sum_over(x, rank + 1, x.size()), order)) return name + " is the sum over the ranks behind it";
  std::vector<Mistake> mistakes = {{name + " is the sum up to and with its own x; that is to be left out", sum_over(x, 0, rank + 1)}};
  if (rank == 0) return within(result, mistakes[0].gives, 0) ? mistakes[0].words : name + " is to be zeros";
  if (rank > 0) mistakes.push_back({name + " is 0; it is the sum over the ranks before it", Doubles(result.size(), 0.0)});
  if (rank > 1)
    mistakes.push_back({name + " is the x of rank " + std::to_string(rank - 1) + " alone", sum_over(x, rank - 1, rank)});
  return compare_values(name, result, sum_over(x, 0, rank), 0, mistakes);
}

std::string wrong_messages(size_t rank, size_t ranks, size_t n, const Sent& sent) {
  if (n == 0) return "";
  const std::string who = "rank " + std::to_string(rank) + " sends " + in_words(sent);
  if (sent.messages > 1) return who + "; one to the next rank is enough";
  if (rank + 1 < ranks && sent.messages == 0)
    return "the result is right, but " + who + ": it is to be done with send_floats and receive_floats";
  return sent.floats > int(n) ? who + ": n = " + std::to_string(n) + " is enough" : "";
}

std::string wrong_with(int ranks, size_t n) {
  std::vector<Floats> x;
  Trial trial;
  trial.give(int(n));
  for (int rank = 0; rank < ranks; ++rank) trial.give(x.emplace_back(random_floats(n)));
  std::vector<Answers> answers = trial.run_ranks(ranks);
  const std::string with = " (" + std::to_string(ranks) + " ranks, n = " + std::to_string(n) + ")";
  for (size_t rank = 0; rank < x.size(); ++rank) {
    const Floats result = answers[rank].floats("result", n), own = answers[rank].floats("x", n);
    if (n > 0)
      if (const std::string text = wrong_result(x, rank, result); !text.empty()) return text + with;
    if (own != x[rank]) return "x of rank " + std::to_string(rank) + " is changed; it is to stay as it is" + with;
  }
  for (size_t rank = 0; rank < x.size(); ++rank) {
    const Sent sent = sent_by(messages_of(answers[rank]));
    if (const std::string text = wrong_messages(rank, x.size(), n, sent); !text.empty()) return text + with;
  }
  return "";
}

// covers: result (n) of rank r | x (n) is each rank's | Here it is done with
TEST(prefix_sum, AnyNumberOfRanks) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 5));
}
// covers: Any number of ranks
TEST(prefix_sum, LongAndEmpty) {
  EXPECT_RIGHT(wrong_with(3, 100000));
  EXPECT_RIGHT(wrong_with(3, 0));
}

// explains (what the judge gives, and its name): result and x | MPI calls this

}  // namespace
