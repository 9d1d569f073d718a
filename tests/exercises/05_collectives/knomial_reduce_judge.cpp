#include "tests/exercises/05_collectives/messages_of_rank.h"

namespace {

int parent_of(int rank, int k) {
  int weight = 1;
  while (rank / weight % k == 0) weight *= k;
  return rank - rank / weight % k * weight;
}

// What `rank` sends: its data and that of all below it. Small whole numbers, so every order gives the same sum.
Doubles sum_of_subtree(const std::vector<Floats>& data, int rank, int k) {
  Doubles sum(data[0].size());
  for (int other = 0; other < int(data.size()); ++other) {
    int above = other;
    while (above != rank && above != 0) above = parent_of(above, k);
    if (above == rank)
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += data[size_t(other)][i];
  }
  return sum;
}

std::string wrong_result(const std::vector<Floats>& data, int k, const Floats& result) {
  const Doubles right = sum_of_subtree(data, 0, k);
  const auto without = [&](const Doubles& part) {
    Doubles rest = right;
    for (size_t i = 0; i < rest.size(); ++i) rest[i] -= part[i];
    return rest;
  };
  std::vector<Mistake> mistakes = {{"rank 0's own data is missing from result", without(Doubles(data[0].begin(), data[0].end()))}};
  for (int rank = 1; rank < int(data.size()); ++rank) {
    const Doubles part = sum_of_subtree(data, rank, k);
    mistakes.push_back({"the sum that rank " + std::to_string(rank) + " sends is missing from result", without(part)});
    mistakes.push_back({"result is what rank " + std::to_string(rank) + " sends alone", part});
  }
  return compare_values("result", result, right, 0, mistakes);
}

std::string wrong_messages(int rank, int k, size_t n, const std::vector<Message>& messages) {
  if (n == 0) return "";
  const std::string who = "rank " + std::to_string(rank), base = "with k = " + std::to_string(k) + " ";
  for (const Message& message : messages)
    if (message.sent > 0 && (rank == 0 || message.to != parent_of(rank, k)))
      return "result is right, but " + who + " sends to rank " + std::to_string(message.to) + "; " + base +
             (rank == 0 ? "it has no parent" : "its parent is rank " + std::to_string(parent_of(rank, k)));
  const Sent sent = sent_by(messages);
  if (rank > 0 && sent.messages == 0) return "result is right, but " + who + " sends nothing, or not with messages.h";
  if (rank > 0 && (sent.messages != 1 || sent.floats != int(n)))
    return "result is right, but " + who + " sends " + in_words(sent) + "; one message with n floats is enough";
  return "";
}

std::string wrong_with(int ranks, int k, size_t n) {
  std::vector<Floats> data;
  Trial trial;
  trial.give(int(n)).give(k);
  for (int rank = 0; rank < ranks; ++rank) trial.give(data.emplace_back(small_integers(n, 1, 100000)));
  std::vector<Answers> answers = trial.run_ranks(ranks);
  const std::string with = " (" + std::to_string(ranks) + " ranks, k = " + std::to_string(k) + ", n = " + std::to_string(n) + ")";
  std::vector<std::vector<Message>> messages;
  for (int rank = 0; rank < ranks; ++rank) {
    if (answers[size_t(rank)].floats("data", n) != data[size_t(rank)])
      return "data of rank " + std::to_string(rank) + " is changed; it is to stay as it is" + with;
    messages.push_back(messages_of(answers[size_t(rank)]));
  }
  const Floats result = answers[0].floats("result", n);
  if (n > 0)
    if (const std::string text = wrong_result(data, k, result); !text.empty()) return text + with;
  for (int rank = 0; rank < ranks; ++rank)
    if (const std::string text = wrong_messages(rank, k, n, messages[size_t(rank)]); !text.empty()) return text + with;
  return "";
}

// covers: result (n) of rank 0 | `result` of other ranks | Its parent is | A rank adds what
TEST(knomial_reduce, BaseThree) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 3, 6));
}
// covers: The tree: write
TEST(knomial_reduce, OtherBases) {
  for (int k : {2, 10}) EXPECT_RIGHT(wrong_with(7, k, 6));
}
// covers: Any number of ranks
TEST(knomial_reduce, LongAndEmpty) {
  EXPECT_RIGHT(wrong_with(4, 2, 100000));
  EXPECT_RIGHT(wrong_with(4, 3, 0));
}

// explains (examples): With k = 3 | With k = 2

}  // namespace
