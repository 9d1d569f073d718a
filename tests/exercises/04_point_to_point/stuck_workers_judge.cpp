#include <cmath>

#include "tests/exercises/judge.h"

namespace {

std::string wrong_piece(int piece, const Floats& out, const Floats& in, size_t n) {
  const size_t begin = size_t(piece) * n;
  const Floats actual(out.begin() + long(begin), out.begin() + long(begin + n));
  Doubles right;
  for (size_t i = begin; i < begin + n; ++i) right.push_back(double(in[i]) * in[i]);
  if (within(actual, right, 0)) return "";
  const std::string name = "piece " + std::to_string(piece) + " of out ";
  if (std::isnan(actual[0]) && std::isnan(actual[n - 1])) return name + "never came back";
  for (size_t other = 0; other * n < in.size(); ++other) {
    Doubles square;
    for (size_t i = other * n; i < (other + 1) * n; ++i) square.push_back(double(in[i]) * in[i]);
    if (within(actual, square, 0)) return name + "has the square of piece " + std::to_string(other);
  }
  if (within(actual, Doubles(in.begin() + long(begin), in.begin() + long(begin + n)), 0))
    return "the elements of " + name + "are as they were, not squared";
  return compare_values(name, actual, right, 0);
}

// n floats a piece; 100,000 are more than MPI keeps in buffers, so that a send waits for its receive.
std::string wrong_with(int ranks, int pieces, int n) {
  const Floats in = small_integers(size_t(pieces) * size_t(n), 2, 2000);
  std::vector<Answers> answers = Trial().give(pieces).give(n).give(in).run_ranks(ranks);
  const std::string with = " (" + std::to_string(ranks) + " ranks, " + std::to_string(pieces) + " pieces of " + std::to_string(n) + ")";

  for (int rank = 0; rank < ranks; ++rank) {
    const int squared = int(answers[size_t(rank)].number("the number of calls of square")), workers = ranks - 1;
    const int due = rank == 0 ? 0 : pieces / workers + (rank - 1 < pieces % workers);
    if (rank == 0 && squared > 0) return "rank 0 is to square nothing, and squares " + std::to_string(squared) + " pieces" + with;
    if (squared != due)
      return "rank " + std::to_string(rank) + " is to square " + std::to_string(due) + " pieces, and squares " + std::to_string(squared) + with;
    // Which worker has which piece is its own affair; none squares what is no piece.
    for (float first : answers[size_t(rank)].floats("the pieces that are squared", size_t(squared))) {
      bool is_piece = false;
      for (int piece = 0; piece < pieces; ++piece) is_piece |= in[size_t(piece) * size_t(n)] == first;
      if (!is_piece) return "rank " + std::to_string(rank) + " squares something that is no piece of in" + with;
    }
  }
  const Floats out = answers[0].floats("out", in.size());
  for (int piece = 0; piece < pieces; ++piece)
    if (const std::string text = wrong_piece(piece, out, in, size_t(n)); !text.empty()) return text + with;
  return "";
}

// covers: Rank 0 has `pieces` | It squares nothing | Other ranks neither | Use point-to-point
TEST(stuck_workers, ShortMessages) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 5, 3));
}
// covers: The program is to be right
TEST(stuck_workers, LongMessages) { EXPECT_RIGHT(wrong_with(3, 5, 100000)); }
// covers: pieces may be 0
TEST(stuck_workers, FewPieces) {
  for (int pieces : {1, 0}) EXPECT_RIGHT(wrong_with(3, pieces, 100000));
}

// explains (a function of the judge's): Ours: values[i] | Counts its calls
// explains (the code that is given): The code in the hole | The watchdog says | Explain it to

}  // namespace
