#include <algorithm>
#include <functional>

#include "tests/exercises/judge.h"

namespace {

// Floats and doubles differ by some 1e-7 in each of at most 12 steps, which draw the weights together, not apart.
constexpr double bound = 1e-5;
constexpr float rate = 0.3f;

struct Rows {
  Floats x, y;  // x (rows, features), y (rows)
};

struct Fit {
  int features, steps, every;
  std::vector<Rows> of_rank;
  Floats w = random_floats(size_t(features));
};

// The ranks fit different lines, so that their weights differ.
Fit fit(int ranks, int features, int steps, int every) {
  Fit fit{features, steps, every, {}};
  for (int rank = 0; rank < ranks; ++rank) {
    const size_t rows = size_t(3 + 4 * ((rank + 1) % ranks) + random_number(0, 2));
    fit.of_rank.push_back({random_floats(rows * size_t(features)), random_floats(rows, float(2 * rank - 2), float(2 * rank))});
  }
  return fit;
}

double all_rows(const Fit& fit) {
  double all = 0;
  for (const Rows& rows : fit.of_rank) all += double(rows.y.size());
  return all;
}

void step_alone(Doubles& w, const Rows& rows) {
  const size_t features = w.size();
  Doubles gradient(features);
  for (size_t row = 0; row < rows.y.size(); ++row) {
    double error = -double(rows.y[row]);
    for (size_t f = 0; f < features; ++f) error += rows.x[row * features + f] * w[f];
    for (size_t f = 0; f < features; ++f) gradient[f] += error * rows.x[row * features + f] / double(rows.y.size());
  }
  for (size_t f = 0; f < features; ++f) w[f] -= rate * gradient[f];
}

// One way to do it: after which steps there is a mean, and how much a rank counts in it. The weights of each rank.
struct Way {
  std::function<bool(int step)> mean;
  std::function<double(const Rows& rows)> counts;
};

std::vector<Doubles> by(const Way& way, const Fit& fit) {
  std::vector<Doubles> w(fit.of_rank.size(), Doubles(fit.w.begin(), fit.w.end()));
  for (int step = 1; step <= fit.steps; ++step) {
    for (size_t rank = 0; rank < w.size(); ++rank) step_alone(w[rank], fit.of_rank[rank]);
    if (!way.mean(step)) continue;
    Doubles mean(w[0].size());
    for (size_t rank = 0; rank < w.size(); ++rank)
      for (size_t f = 0; f < mean.size(); ++f) mean[f] += w[rank][f] * way.counts(fit.of_rank[rank]);
    w.assign(w.size(), mean);
  }
  return w;
}

bool all_within(const std::vector<Floats>& actual, const std::vector<Doubles>& expected) {
  for (size_t rank = 0; rank < actual.size(); ++rank)
    if (!within(actual[rank], expected[rank], bound)) return false;
  return true;
}

std::string wrong_answers(const std::vector<Floats>& w, const Fit& fit) {
  const int last = fit.steps, every = fit.every;
  const auto by_rows = [&](const Rows& rows) { return double(rows.y.size()) / all_rows(fit); };
  const auto right_steps = [&](int step) { return step % every == 0 || step == last; };
  const std::vector<Doubles> right = by({right_steps, by_rows}, fit);
  if (all_within(w, right)) return "";
  const auto is = [&](const Way& way) { return all_within(w, by(way, fit)); };
  if (is({[](int) { return false; }, by_rows})) return "each rank has the w of its own steps: there is no mean";
  if (is({right_steps, [&](const Rows&) { return 1 / double(w.size()); }}))
    return "in the mean every rank counts the same; it is to count as much as it has rows";
  if (is({right_steps, [](const Rows&) { return 1; }})) return "w is the sum of the ranks' w, not their mean";
  if (is({[&](int step) { return step % every == 0; }, by_rows})) return "there is no mean after the last step";
  if (is({[](int) { return true; }, by_rows})) return "there is a mean in every step, whatever `every` says";
  if (is({[&](int step) { return step == last; }, by_rows})) return "there is a mean at the end only";
  if (is({[&](int step) { return (step - 1) % every == 0 || step == last; }, by_rows}))
    return "there is a mean after the first step: are the steps counted from 0? The first mean is asked for after step " + std::to_string(every);
  if (is({[&](int step) { return (step > 1 && (step - 1) % every == 0) || step == last; }, by_rows}))
    return "each mean comes one step too late: the first one is asked for after step " + std::to_string(every);
  for (size_t rank = 1; rank < w.size(); ++rank)
    if (w[rank] != w[0]) return "the ranks do not agree: rank 0 and rank " + std::to_string(rank) + " end with different w";
  return compare_values("w", w[0], right[0], bound);
}

std::string wrong_with(int ranks, const std::vector<Fit>& fits) {
  Trial trial;
  trial.give(int(fits.size()));
  for (const Fit& fit : fits) {
    trial.give(fit.features).give(fit.steps).give(fit.every).give(rate).give(fit.w);
    for (const Rows& rows : fit.of_rank) trial.give(int(rows.y.size())).give(rows.x).give(rows.y);
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (const Fit& fit : fits) {
    const std::string where = with_ranks(ranks) + ", " + std::to_string(fit.steps) + " steps, every = " + std::to_string(fit.every) + ": ";
    std::vector<Floats> w;
    double calls = 0;
    for (Answers& rank : answers) {
      w.push_back(rank.floats("w", fit.w.size()));
      const Answers::Traffic traffic = rank.traffic();
      calls = std::max(calls, double(traffic.collectives + traffic.messages));
    }
    if (const std::string words = wrong_answers(w, fit); !words.empty()) return where + words;
    const int means = (fit.steps + fit.every - 1) / fit.every;
    if (ranks > 1 && calls > means + 1)
      return where + "all is right, but a rank makes " + std::to_string(int(calls)) + " collective calls (with messages); there are " +
             std::to_string(means) + " means, and one call before the first step";
  }
  return "";
}

// The last step is one with a mean anyway, or is not; no step is. Each rank has other rows.
// covers: One step of | Each rank takes | After steps every | In this mean | x (rows, features) | Each rank has other | A mean is one | Nothing else is
TEST(local_steps, EverySecondOrThird) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, {fit(ranks, 3, 8, 3), fit(ranks, 2, 12, 4), fit(ranks, 4, 3, 10)}));
}
// covers: So with every | w (features) has | steps and every
TEST(local_steps, EachStepAndOneStep) { EXPECT_RIGHT(wrong_with(3, {fit(3, 3, 5, 1), fit(3, 1, 1, 1), fit(3, 2, 1, 4)})); }

// explains (the source): Source: S.

}  // namespace
