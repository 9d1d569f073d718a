#include <algorithm>
#include <sstream>

#include "tests/exercises/judge.h"

namespace {

using Pieces = std::vector<Floats>;  // of each rank

Floats joined(const Pieces& pieces) {
  Floats all;
  for (const Floats& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

// `all`, in pieces with the sizes of `like`.
Pieces cut(const Floats& all, const Pieces& like) {
  Pieces pieces;
  auto next = all.begin();
  for (const Floats& piece : like) {
    pieces.emplace_back(next, next + long(piece.size()));
    next += long(piece.size());
  }
  return pieces;
}

// What a pair of neighbours does in a phase.
void split(Floats& left, Floats& right, bool left_keeps_lower, bool right_keeps_upper) {
  Floats both(left.size() + right.size());
  std::merge(left.begin(), left.end(), right.begin(), right.end(), both.begin());
  std::copy_n(left_keeps_lower ? both.begin() : both.end() - long(left.size()), left.size(), left.begin());
  std::copy_n(right_keeps_upper ? both.end() - long(right.size()) : both.begin(), right.size(),
              right.begin());
}

struct Way {
  std::string words;
  int first = 0, phases = 0;  // the left rank of the first pair, in phase 0
  bool turns = true;          // other pairs in every other phase
  bool left_keeps_lower = true, right_keeps_upper = true;
};

Pieces transposed(Pieces pieces, const Way& way) {
  for (int phase = 0; phase < way.phases; ++phase)
    for (size_t left = size_t(way.first + (way.turns ? phase : 0)) % 2; left + 1 < pieces.size(); left += 2)
      split(pieces[left], pieces[left + 1], way.left_keeps_lower, way.right_keeps_upper);
  return pieces;
}

std::vector<Way> usual_mistakes(int ranks) {
  const std::string less = std::to_string(ranks - 1) + (ranks == 2 ? " phase" : " phases");
  const std::string too_few = "this is how the losses stand after " + less + ": it takes " +
                              std::to_string(ranks) + ", as many as there are ranks";
  const std::string no_turns =
      "every phase has the same pairs: no rank has two partners, and nothing gets beyond a pair";
  const std::string lower = "both ranks of a pair keep the lower part",
                    upper = "both ranks of a pair keep the upper part";
  std::vector<Way> ways;
  for (int first : {0, 1}) {
    ways.push_back({too_few, first, ranks - 1});
    ways.push_back({no_turns, first, 1, false});
    ways.push_back({lower, first, ranks, true, true, false});
    ways.push_back({upper, first, ranks, true, false, true});
    ways.push_back({"the left rank of a pair keeps the upper part, the right one the lower part", first,
                    ranks, true, false, false});
  }
  return ways;
}

std::string text_of(float value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string times(long count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

// "" if the losses are those of before, in any order.
std::string lost_or_doubled(const Pieces& before, const Pieces& after) {
  const Floats old = joined(before), all = joined(after);
  for (float value : joined({all, old})) {
    const auto now = std::count(all.begin(), all.end(), value),
               then = std::count(old.begin(), old.end(), value);
    if (now == then && value == value) continue;  // not if it is NaN
    if (then == 0) return "a loss of " + text_of(value) + " is nobody's: where does it come from?";
    return "a loss of " + text_of(value) + " was there " + times(then) +
           " on all ranks together, and now is there " + times(now) +
           ": of a pair exactly one rank keeps it, and a rank without a partner keeps what it has";
  }
  return "";
}

std::string wrong_pieces(const Pieces& before, const Pieces& after) {
  Floats sorted = joined(before);
  std::sort(sorted.begin(), sorted.end());
  const Pieces expected = cut(sorted, before);
  if (after == expected) return "";
  if (after == before) return "all losses stay where they were";
  for (const Way& way : usual_mistakes(int(before.size())))
    if (after == transposed(before, way)) return way.words;
  if (const std::string words = lost_or_doubled(before, after); !words.empty()) return words;
  size_t rank = 0, i = 0;
  while (after[rank] == expected[rank]) ++rank;
  while (after[rank][i] == expected[rank][i]) ++i;
  return "losses[" + std::to_string(i) + "] of rank " + std::to_string(rank) + " is " +
         text_of(after[rank][i]) + "; it should be " + text_of(expected[rank][i]);
}

// `total` losses on all ranks in blocks, as far as they go.
Pieces random_pieces(int ranks, int block, int total, int highest) {
  Pieces pieces;
  for (int rank = 0; rank < ranks; ++rank) {
    const int n = std::clamp(total - rank * block, 0, block);
    pieces.push_back(small_integers(size_t(n), 1, highest));
    for (float& loss : pieces.back()) loss /= 8;
    std::sort(pieces.back().begin(), pieces.back().end());
  }
  return pieces;
}

// The greatest losses lie on rank 0, the smallest on the last one: no phase can be spared.
Pieces reversed_pieces(int ranks, int block) {
  Pieces pieces = random_pieces(ranks, block, ranks * block, 8);
  for (int rank = 0; rank < ranks; ++rank)
    for (float& loss : pieces[size_t(rank)]) loss += float(ranks - 1 - rank);
  return pieces;
}

std::string sizes_of(const Pieces& pieces) {
  std::string text;
  for (const Floats& piece : pieces) text += (text.empty() ? "" : ", ") + std::to_string(piece.size());
  return text;
}

std::string wrong_with(int ranks, const std::vector<Pieces>& cases) {
  Trial trial;
  trial.give(int(cases.size()));
  for (const Pieces& pieces : cases) {
    std::vector<int> counts;
    for (const Floats& piece : pieces) counts.push_back(int(piece.size()));
    trial.give(counts);
    for (const Floats& piece : pieces) trial.give(piece);
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (const Pieces& pieces : cases) {
    Pieces after;
    for (int rank = 0; rank < ranks; ++rank)
      after.push_back(answers[size_t(rank)].floats("losses", pieces[size_t(rank)].size()));
    if (const std::string words = wrong_pieces(pieces, after); !words.empty())
      return with_ranks(ranks) + ", counts " + sizes_of(pieces) + ": " + words;
  }
  return "";
}

// 100,000 floats are more than MPI keeps in buffers, so that a send waits for its receive.
// covers: Rank r has counts[r] | counts (ranks) is | On return the losses | Each rank has as many
// covers: Odd-even transposition | The two of a pair | Both merge it | A rank at the end | A piece may be larger
// covers: Use point-to-point
TEST(odd_even_sort, SortsAcrossTheRanks) {
  for (int ranks : task_ranks()) {
    std::vector<Pieces> cases = {random_pieces(ranks, 4, 4 * ranks, 20),
                                 reversed_pieces(ranks, 3),
                                 random_pieces(ranks, 4, 4 * ranks - 3, 20),
                                 random_pieces(ranks, 1, ranks, 1000),
                                 random_pieces(ranks, 2, 0, 1),
                                 random_pieces(ranks, 3, std::max(3 * ranks - 4, 2), 3)};
    if (ranks == 3) cases.push_back(random_pieces(ranks, 100000, 300000, 1000));
    EXPECT_RIGHT(wrong_with(ranks, cases));
  }
}

// explains (where the losses are, and why not more is promised): The losses of many | So many phases

}  // namespace
