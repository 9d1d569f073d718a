#include <cmath>

#include "tests/exercises/05_collectives/messages_of_rank.h"

#include "chapters/05_collectives/blocks.h"

namespace {

// Which part of data is wrong on this rank?
std::string wrong_data(const std::string& who, const Floats& actual, const Floats& expected, int pieces) {
  if (actual == expected || expected.empty()) return "";
  const size_t n = expected.size(), rest = pieces > 0 ? n % size_t(pieces) : 0;
  const auto same = [&](size_t first, size_t end) {
    return std::equal(actual.begin() + long(first), actual.begin() + long(end), expected.begin() + long(first));
  };
  if (rest > 0 && same(0, n - rest)) return "the last " + std::to_string(rest) + " of " + std::to_string(n) + " elements never come to " + who;
  const Blocks blocks{n, std::max(pieces, 1)};
  for (int piece = 0; piece < pieces; ++piece)
    if (!same(blocks.begin(piece), blocks.end(piece))) {
      const bool untouched = std::isnan(actual[blocks.begin(piece)]);
      return "piece " + std::to_string(piece) + " of data " + (untouched ? "never comes to " : "is wrong on ") + who;
    }
  return "data of " + who + " is changed";
}

std::string wrong_messages(const std::string& who, const Sent& sent, const Sent& due) {
  if (sent.messages == due.messages && sent.floats == due.floats) return "";
  if (sent.messages == 0) return who + " sends nothing, or not with messages.h; it is to send " + in_words(due);
  return who + " sends " + in_words(sent) + "; it is to send " + in_words(due);
}

std::string wrong_with(int ranks, int root, size_t n) {
  const Floats data = small_integers(n, 1, 1000);
  const std::string with = " (" + std::to_string(ranks) + (ranks == 1 ? " rank" : " ranks") + ", root " + std::to_string(root) + ", n = " + std::to_string(n) + ")";
  std::vector<Answers> answers = Trial().give(int(n)).give(root).give(data).run_ranks(ranks);
  const int pieces = ranks - 1;
  std::vector<std::string> who;
  for (int rank = 0; rank < ranks; ++rank) {
    who.push_back(rank == root ? "the root" : "rank " + std::to_string(rank));
    const Floats actual = answers[size_t(rank)].floats("data", n);
    if (const std::string text = wrong_data(who.back(), actual, data, pieces); !text.empty()) return text + with;
  }
  for (int rank = 0; rank < ranks; ++rank) {
    Sent due;
    const Blocks blocks{n, std::max(pieces, 1)};
    const int mine = (rank - root - 1 + ranks) % ranks;
    for (int piece = 0; piece < pieces; ++piece) {
      if (rank != root && piece == mine) continue;
      const int length = int(blocks.size(rank == root ? piece : mine));
      if (length > 0) ++due.messages, due.floats += length;
    }
    const Sent sent = sent_by(messages_of(answers[size_t(rank)]));
    if (const std::string text = wrong_messages(who[size_t(rank)], sent, due); !text.empty()) return text + with;
  }
  return "";
}

// A program that ends before it has an answer: where?
std::string wrong_or_ended(int ranks, int root, size_t n) {
  try {
    return wrong_with(ranks, root, n);
  } catch (const NoAnswer& reason) {
    return "with " + std::to_string(ranks) + (ranks == 1 ? " rank" : " ranks") + ", with root " + std::to_string(root) + ": " + reason.what();
  }
}

// covers: data (n) of rank | So the root sends n | Use messages.h
TEST(broadcast_in_pieces, AnyNumberOfRanks) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_or_ended(ranks, 0, 10));
}
// covers: With p ranks
TEST(broadcast_in_pieces, OtherRoot) { EXPECT_RIGHT(wrong_or_ended(4, 1, 11)); }
// covers: Any number of ranks
TEST(broadcast_in_pieces, LongShortAndEmpty) {
  for (size_t n : {300001u, 2u, 0u}) EXPECT_RIGHT(wrong_or_ended(4, 2, n));
}

}  // namespace
