#include <algorithm>
#include <cmath>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

std::string text(size_t number) { return std::to_string(number); }

struct Sum {
  int ranks_per_node, n;
  int ranks = 0;
  std::vector<Floats> x;  // of each rank

  int nodes() const { return ranks / ranks_per_node; }
  Range own(int rank) const { return share(size_t(n), size_t(ranks_per_node), size_t(rank % ranks_per_node)); }
  // The rank that has the sum of element i first, on the node or among all.
  int owner_on_node(int node, size_t i) const {
    for (int r = node * ranks_per_node;; ++r)
      if (i >= own(r).first && i < own(r).last) return r;
  }
  int owner(size_t i) const {
    const int first = owner_on_node(0, i);
    const Range part = own(first);
    for (int node = 0;; ++node) {
      const Range mine = share(part, size_t(nodes()), size_t(node));
      if (i >= mine.first && i < mine.last) return first + node * ranks_per_node;
    }
  }
  std::string in_words() const {
    return with_ranks(ranks) + ", " + text(size_t(ranks_per_node)) + " a node, n = " + text(size_t(n)) + ": ";
  }
};

// Added in this order, or in the opposite one.
float add(const Floats& values, bool backwards = false) {
  float sum = backwards ? values.back() : values.front();
  for (size_t k = 1; k < values.size(); ++k) sum += values[backwards ? values.size() - 1 - k : k];
  return sum;
}
float node_sum(const Sum& s, int node, size_t i, bool backwards = false) {
  Floats values;
  for (int r = node * s.ranks_per_node; r < (node + 1) * s.ranks_per_node; ++r) values.push_back(s.x[size_t(r)][i]);
  return add(values, backwards);
}
float whole_sum(const Sum& s, size_t i, bool backwards = false) {
  Floats values;
  for (int node = 0; node < s.nodes(); ++node) values.push_back(node_sum(s, node, i, backwards));
  return add(values, backwards);
}
struct Call {
  bool gathers_terms, between;
  int first, n;
};
struct Answer {
  std::vector<Call> calls;
  Floats x;
  int others = 0;  // collectives and messages beside these calls
};

std::string wrong_calls(const Sum& s, const std::vector<Answer>& answers) {
  for (int r = 0; r < s.ranks; ++r) {
    int terms = 0, parts = 0;
    const Range own = s.own(r);
    for (const Call& call : answers[size_t(r)].calls) {
      if (!call.between) continue;
      (call.gathers_terms ? terms : parts) += call.n;
      const char* name = call.gathers_terms ? "gather_terms" : "gather_parts";
      if (std::max(terms, parts) > int(own.size()))
        return "rank " + text(size_t(r)) + " hands over " + std::to_string(std::max(terms, parts)) + " elements to " + name +
               " on `between`; on its node it owns " + text(own.size()) + " of the " + text(size_t(s.n));
      if (call.n == int(own.size()) && call.n > 0 && call.first >= 0 && call.first != int(own.first))
        return "what rank " + text(size_t(r)) + " hands over to " + name + " on `between` begins with element " +
               std::to_string(call.first) + " of x; what it owns on its node begins with element " + text(own.first);
    }
  }
  return "";
}

// Whether the sum comes back inside of the node before it has come back from the other nodes.
bool returns_too_early(const Answer& answer) {
  bool inside = false;
  for (const Call& call : answer.calls) {
    if (!call.gathers_terms && !call.between) inside = true;
    if (!call.gathers_terms && call.between && inside) return true;
  }
  return false;
}

bool is_backwards(const Sum& s, const std::vector<Answer>& answers) {
  for (const Answer& answer : answers)
    for (size_t i = 0; i < size_t(s.n); ++i)
      if (answer.x[i] != whole_sum(s, i, true)) return false;
  return true;
}

std::string wrong_element(const Sum& s, const std::vector<Answer>& answers, int r, size_t i) {
  const float value = answers[size_t(r)].x[i], right = whole_sum(s, i);
  char numbers[80];
  std::snprintf(numbers, sizeof numbers, " is %.9g, it should be %.9g", double(value), double(right));
  const std::string it = "x[" + text(i) + "] of rank " + text(size_t(r)) + numbers;
  if (std::isnan(value)) return "x[" + text(i) + "] of rank " + text(size_t(r)) + " is not a number";
  if (is_backwards(s, answers)) return it + ": all are added from the last rank to the first";
  const int node = r / s.ranks_per_node, on_node = s.owner_on_node(node, i), owner = s.owner(i);
  if (value == node_sum(s, node, i)) {
    const auto adds = [](const Call& call) { return call.between && call.gathers_terms; };
    if (std::ranges::none_of(answers[size_t(r)].calls, adds)) return it + ": it is the sum over its own node only";
    if (returns_too_early(answers[size_t(r)]))
      return it + ": it is the sum over its own node; x is handed on inside the node before the sum has come back from the others";
    return it + ": it is the sum over its own node; that over all is on rank " + text(size_t(owner)) + ", and is not handed on to rank " +
           text(size_t(on_node));
  }
  if (value == s.x[size_t(r)][i])
    return it + ": it is what rank " + text(size_t(r)) + " had in the beginning; the sum is on rank " + text(size_t(on_node)) +
           " of its node, and is not handed on to rank " + text(size_t(r));
  double sum = 0, size = 0;
  for (const Floats& x : s.x) sum += x[i], size += std::abs(x[i]);
  if (std::abs(value - sum) < 1e-5 * size) return it + ": all are added, but not in the order of ranks";
  return it;
}

std::string wrong_with(int ranks, std::vector<Sum> sums) {
  Trial trial;
  trial.give(int(sums.size()));
  for (Sum& s : sums) {
    s.ranks = ranks;
    Floats all;
    for (int r = 0; r < ranks; ++r) {
      s.x.push_back(random_floats(size_t(s.n), -1, 1));
      // Of very different sizes, so that every order of the sum has other bits.
      for (float& value : s.x.back()) value = std::ldexp(value, random_number(-6, 6));
      all.insert(all.end(), s.x.back().begin(), s.x.back().end());
    }
    trial.give(s.ranks_per_node).give(s.n).give(all);
  }
  std::vector<Answers> all_answers = trial.run_ranks(ranks);
  for (const Sum& s : sums) {
    std::vector<Answer> answers(static_cast<size_t>(ranks));
    for (int r = 0; r < ranks; ++r) {
      Answer& answer = answers[size_t(r)];
      const auto numbers = all_answers[size_t(r)].integers("the calls", size_t(all_answers[size_t(r)].number("the number of calls")));
      for (size_t k = 0; k + 3 < numbers.size(); k += 4)
        answer.calls.push_back({numbers[k] != 0, numbers[k + 1] != 0, numbers[k + 2], numbers[k + 3]});
      answer.x = all_answers[size_t(r)].floats("x", size_t(s.n));
      answer.others = int(all_answers[size_t(r)].number("the other calls"));
    }
    if (std::string words = wrong_calls(s, answers); !words.empty()) return s.in_words() + words;
    for (int r = 0; r < ranks; ++r)
      if (const int others = answers[size_t(r)].others; others > 0)
        return s.in_words() + "rank " + text(size_t(r)) + " sends and sums up beside gather_terms and gather_parts, " + text(size_t(others)) +
               " times; all communication goes by these two";
    for (int r = 0; r < ranks; ++r)
      for (size_t i = 0; i < size_t(s.n); ++i)
        if (answers[size_t(r)].x[i] != whole_sum(s, i)) return s.in_words() + wrong_element(s, answers, r, i);
  }
  return "";
}

// covers: Every rank has | Ranks lie in | All communication goes | The order of the sum | For every element
// covers: n may be
TEST(two_level_sum, TwoNodesOfThree) {
  EXPECT_RIGHT(wrong_with(6, {{3, 12, 0, {}}, {3, 41, 0, {}}, {2, 30, 0, {}}, {3, 2, 0, {}}, {2, 0, 0, {}}, {6, 17, 0, {}}, {1, 17, 0, {}}}));
}
TEST(two_level_sum, TwoNodesOfTwo) { EXPECT_RIGHT(wrong_with(4, {{2, random_number(5, 60), 0, {}}, {1, 1, 0, {}}, {2, 1, 0, {}}})); }
TEST(two_level_sum, OnOneRank) { EXPECT_RIGHT(wrong_with(1, {{1, 7, 0, {}}})); }

// unchecked (calls beside the two functions are not counted): All communication goes

// explains (functions of the judge's): Ours, for a | The judge sees | Each rank r gets | Each rank r has
// explains (why): Messages inside

}  // namespace
