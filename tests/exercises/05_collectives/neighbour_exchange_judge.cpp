#include <cmath>

#include "tests/exercises/05_collectives/messages_of_rank.h"

namespace {

std::string number(size_t value) { return std::to_string(value); }

std::string wrong_blocks(const std::vector<Floats>& blocks, size_t rank, const Floats& all) {
  const size_t n = blocks[0].size();
  std::string missing;
  for (size_t b = 0; b < blocks.size(); ++b) {
    const Floats actual(all.begin() + long(b * n), all.begin() + long((b + 1) * n));
    if (actual == blocks[b]) continue;
    for (size_t other = 0; other < blocks.size(); ++other)
      if (actual == blocks[other]) return "on rank " + number(rank) + " block " + number(b) + " of all has the block of rank " + number(other);
    if (std::none_of(actual.begin(), actual.end(), [](float value) { return std::isnan(value); }))
      return "on rank " + number(rank) + " block " + number(b) + " of all is nobody's block";
    if (b == rank) return "block " + number(b) + " of all, its own, is missing on rank " + number(rank);
    missing += (missing.empty() ? "" : ", ") + number(b);
  }
  return missing.empty() ? "" : "blocks " + missing + " never come to rank " + number(rank);
}

std::string wrong_rounds(int rank, int ranks, int n, const std::vector<Message>& messages) {
  const std::string who = "rank " + std::to_string(rank);
  if (messages.empty()) return "all is right, but not with exchange_floats: " + who + " sends nothing through messages.h";
  for (int round = 0; round < int(messages.size()) && round < ranks / 2; ++round) {
    const Message& message = messages[size_t(round)];
    const int side = (rank + round) % 2 == 0 ? 1 : -1, neighbour = (rank + side + ranks) % ranks;
    const std::string in_round = "in round " + std::to_string(round) + " " + who;
    if (message.to != neighbour || message.from != neighbour)
      return in_round + " exchanges with " +
             (message.to == message.from ? "rank " + std::to_string(message.to) : "ranks " + std::to_string(message.to) + " and " + std::to_string(message.from)) +
             "; it is rank " + std::to_string(neighbour) + "'s turn";
    const int due = round == 0 ? n : 2 * n;
    if (message.sent != due || message.received != due)
      return in_round + " sends " + std::to_string(message.sent) + " floats and receives " + std::to_string(message.received) + "; it is to be " + std::to_string(due) + " each";
  }
  if (int(messages.size()) > ranks / 2) return who + " has " + number(messages.size()) + " exchanges; " + std::to_string(ranks / 2) + " are enough";
  return "";
}

// The rounds are looked at first where they were exchanges with messages.h: they explain the blocks.
std::string wrong_with(int ranks, size_t n) {
  std::vector<Floats> blocks;
  Trial trial;
  trial.give(int(n));
  for (int rank = 0; rank < ranks; ++rank) trial.give(blocks.emplace_back(small_integers(n, 1, 100000)));
  std::vector<Answers> answers = trial.run_ranks(ranks);
  const std::string with = " (" + std::to_string(ranks) + " ranks, n = " + number(n) + ")";
  std::string in_blocks, in_rounds;
  for (int rank = 0; rank < ranks; ++rank) {
    const Floats all = answers[size_t(rank)].floats("all", n * size_t(ranks));
    const std::vector<Message> messages = messages_of(answers[size_t(rank)]);
    if (in_blocks.empty() && n > 0) in_blocks = wrong_blocks(blocks, size_t(rank), all);
    if (in_rounds.empty() && n > 0) in_rounds = wrong_rounds(rank, ranks, int(n), messages);
  }
  const bool unseen = in_rounds.starts_with("all is right");
  const std::string& text = in_rounds.empty() || (unseen && !in_blocks.empty()) ? in_blocks : in_rounds;
  return text.empty() ? "" : text + with;
}

// covers: all (ranks, n) of | The ranks stand in a ring | There are ranks / 2 rounds | Two blocks that travel
TEST(neighbour_exchange, EvenNumbersOfRanks) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 3));
}
// covers: The number of ranks is even
TEST(neighbour_exchange, LongAndEmpty) {
  EXPECT_RIGHT(wrong_with(4, 100000));
  EXPECT_RIGHT(wrong_with(4, 0));
}

// explains (what the judge gives, and whose algorithm it is): mine and all | Neighbour exchange

}  // namespace
