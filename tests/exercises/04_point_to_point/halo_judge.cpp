#include <algorithm>
#include <cmath>

#include "tests/exercises/judge.h"

namespace {

std::string on_rank(size_t rank) { return "rank " + std::to_string(rank); }

// A margin of one rank; `expected` is empty where there is no neighbour.
std::string wrong_margin(const std::string& name, const Floats& actual, const Floats& expected) {
  if (std::any_of(actual.begin(), actual.end(), [](float value) { return std::isnan(value); })) {
    if (expected.empty()) return name + " is to be zeros: there is no neighbour, and nobody wrote there";
    return name + " has elements that nobody wrote, or margins of its neighbour: is it waited for, and are own elements sent?";
  }
  if (!expected.empty()) return compare_values(name, actual, Doubles(expected.begin(), expected.end()), 0);
  const bool zeros = std::all_of(actual.begin(), actual.end(), [](float value) { return value == 0; });
  return zeros ? "" : name + " is to be zeros: the vector does not close into a ring";
}

std::string wrong_with(int ranks, size_t width, bool look_at_time) {
  std::vector<Floats> parts;
  Trial trial;
  trial.give(int(width));
  for (int rank = 0; rank < ranks; ++rank) {
    parts.push_back(small_integers(width + size_t(random_number(0, 3)), 1, 1000));
    trial.give(int(parts.back().size())).give(parts.back());
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  const std::string with = " (" + std::to_string(ranks) + " ranks, width = " + std::to_string(width) + ")";

  bool all_there_before = ranks > 1;
  std::string late;
  for (size_t rank = 0; rank < size_t(ranks); ++rank) {
    const Floats& own = parts[rank];
    const Floats x = answers[rank].floats("x", width + own.size() + width);
    const auto begin = x.begin() + long(width), end = begin + long(own.size());
    if (!std::equal(begin, end, own.begin())) return "the own elements of " + on_rank(rank) + " are changed" + with;
    const Floats left = rank > 0 ? Floats(parts[rank - 1].end() - long(width), parts[rank - 1].end()) : Floats();
    const Floats right = rank + 1 < size_t(ranks) ? Floats(parts[rank + 1].begin(), parts[rank + 1].begin() + long(width)) : Floats();
    for (const std::string& text : {wrong_margin("the left margin of " + on_rank(rank), Floats(x.begin(), begin), left),
                                    wrong_margin("the right margin of " + on_rank(rank), Floats(end, x.end()), right)})
      if (!text.empty()) return text + with;

    const int calls = int(answers[rank].number("the number of calls of meanwhile"));
    const bool before = answers[rank].number("what meanwhile saw first") != 0, came = answers[rank].number("what meanwhile saw last") != 0;
    if (calls != 1) return "meanwhile() is to be called once, and was called " + std::to_string(calls) + " times on " + on_rank(rank) + with;
    all_there_before = all_there_before && before;
    if (!came && late.empty()) late = "on " + on_rank(rank) + " nothing came while meanwhile() ran: all sends and receives are to be started before it" + with;
  }
  if (!late.empty()) return late;
  if (look_at_time && all_there_before) return "when meanwhile() was called, all messages had come already: somebody waited for them before" + with;
  return "";
}

// covers: A long vector lies | x (width + n | On return the left | The vector does not close | The own elements stay
// covers: Any number of ranks | Use point-to-point
TEST(halo, SmallMessages) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 2, false));
}

// Larger than what MPI sends ahead: such a message needs both sides, and cannot have come before both have entered the function.
// covers: Call it once
TEST(halo, LargeMessages) { EXPECT_RIGHT(wrong_with(3, 300000, true)); }

// explains (what the judge's function does): meanwhile() computes

}  // namespace
