#include <cmath>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

// Some steps of size `rate` in floats, each with less than ten roundings; weights are of the size of 1.
constexpr double bound = 1e-5;
constexpr double epsilon = 0.125;
constexpr double rate = 0.25;

struct State {
  Doubles w, s;
};

enum class Way { right, forgets, own_gradient, sum_of_squares, no_root, mean };

// gradients [step][rank] (n)
State adagrad(const Floats& w, const std::vector<std::vector<Floats>>& gradients, Way way) {
  State state{{w.begin(), w.end()}, Doubles(w.size())};
  const size_t ranks = gradients[0].size();
  for (const auto& step : gradients)
    for (size_t owner = 0; owner < ranks; ++owner) {
      const Range part = share(w.size(), ranks, owner);
      for (size_t i = part.first; i < part.last; ++i) {
        double g = 0, squares = 0;
        for (size_t rank = 0; rank < ranks; ++rank) {
          if (way == Way::own_gradient && rank != owner) continue;
          g += step[rank][i];
          squares += double(step[rank][i]) * step[rank][i];
        }
        if (way == Way::mean) g /= double(ranks);
        if (way != Way::sum_of_squares) squares = g * g;
        state.s[i] = way == Way::forgets ? squares : state.s[i] + squares;
        state.w[i] -= rate * g / ((way == Way::no_root ? state.s[i] : std::sqrt(state.s[i])) + epsilon);
      }
    }
  return state;
}

std::string wrong_on_rank(Answers& answers, const Floats& old, const std::vector<std::vector<Floats>>& gradients, int rank) {
  const size_t n = old.size(), ranks = gradients[0].size();
  const Range mine = share(n, ranks, size_t(rank));
  const Floats w = answers.floats("w", n), s = answers.floats("s", mine.size());
  const State right = adagrad(old, gradients, Way::right);
  for (size_t other = 0; other < ranks; ++other) {
    const Range part = share(n, ranks, other);
    if (!part.empty() && std::equal(w.begin() + long(part.first), w.begin() + long(part.last), old.begin() + long(part.first)))
      return "the weights of rank " + std::to_string(other) + "'s share are not updated on rank " + std::to_string(rank);
  }
  std::vector<Mistake> mistakes = {
      {"s forgets the steps before: it is to be added to", adagrad(old, gradients, Way::forgets).w},
      {"the gradient is divided by s, not by its square root", adagrad(old, gradients, Way::no_root).w}};
  if (ranks > 1) {
    mistakes.push_back({"an element is updated with the gradient of the owner alone", adagrad(old, gradients, Way::own_gradient).w});
    mistakes.push_back({"s is the sum of the squares of every rank's gradient; it should be the square of their sum",
                        adagrad(old, gradients, Way::sum_of_squares).w});
    mistakes.push_back({"the gradient of the step is the mean over the ranks; it should be their sum", adagrad(old, gradients, Way::mean).w});
  }
  if (const std::string words = compare_values("w", w, right.w, bound, mistakes); !words.empty()) return words;
  if (mine.empty()) return "";
  return compare_values("s", s, {right.s.begin() + long(mine.first), right.s.begin() + long(mine.last)}, 0);
}

// Gradients are whole numbers, never 0, so that s is exact.
std::string wrong_with(int ranks, int n, int steps) {
  const Floats w = random_floats(size_t(n));
  Trial trial;
  trial.give(n).give(steps).give(float(rate)).give(float(epsilon)).give(w);
  std::vector<std::vector<Floats>> gradients;
  for (int step = 0; step < steps; ++step) {
    gradients.emplace_back();
    for (int rank = 0; rank < ranks; ++rank) {
      gradients.back().push_back(small_integers(size_t(n), 1, 9));
      trial.give(gradients.back().back());
    }
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (int rank = 0; rank < ranks; ++rank)
    if (const std::string words = wrong_on_rank(answers[size_t(rank)], w, gradients, rank); !words.empty())
      return "with " + std::to_string(ranks) + " ranks, n = " + std::to_string(n) + ", after " + std::to_string(steps) +
             " steps: " + words + " (on rank " + std::to_string(rank) + ")";
  return "";
}

// covers: Adagrad remembers | Every rank has all weights | After the step | Only the owner
TEST(adagrad, UnequalShares) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 23, 3));
}
// covers: Rank r owns
TEST(adagrad, AnEmptyShare) { EXPECT_RIGHT(wrong_with(3, 2, 2)); }

// unchecked (what travels is not looked at): Only the owner

// explains (what may be done with g): g may be

}  // namespace
