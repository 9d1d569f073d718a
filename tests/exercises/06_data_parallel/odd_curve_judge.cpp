#include <cmath>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

// Floats and doubles differ by some 1e-7 in each of less than 100 steps, and these steps draw them together, not apart.
constexpr double bound = 2e-5;

struct Fit {
  int samples, features, batch, epochs;
  float rate;
  Floats x = random_floats(size_t(samples) * size_t(features)), y = random_floats(size_t(samples), 0, 3);
};

struct Run {
  Doubles w, curve;
};

// By what the error of a row is divided, where `rows` is the batch.
template <class Divisor>
Run run(const Fit& fit, Divisor divisor) {
  const size_t features = size_t(fit.features);
  Run run{Doubles(features), Doubles(size_t(fit.epochs))};
  for (double& loss : run.curve)
    for (const Range rows : batches(size_t(fit.samples), size_t(fit.batch))) {
      Doubles gradient(features);
      for (size_t row = rows.first; row < rows.last; ++row) {
        double error = -fit.y[row];
        for (size_t f = 0; f < features; ++f) error += fit.x[row * features + f] * run.w[f];
        for (size_t f = 0; f < features; ++f) gradient[f] += error * fit.x[row * features + f] / divisor(rows, row);
        loss += 0.5 * error * error / fit.samples;
      }
      for (size_t f = 0; f < features; ++f) run.w[f] -= fit.rate * gradient[f];
    }
  return run;
}

std::string wrong_on_rank(Answers& answers, const Fit& fit, int ranks) {
  const Run right = run(fit, [](Range rows, size_t) { return double(rows.size()); }),
            twice = run(fit, [&](Range rows, size_t) { return double(rows.size()) * ranks; }),
            summed = run(fit, [&](Range rows, size_t) { return double(rows.size()) / ranks; }),
            full = run(fit, [&](Range, size_t) { return double(fit.batch); });
  const Floats w = answers.floats("w", right.w.size()), curve = answers.floats("curve", right.curve.size());
  if (std::isnan(w[0])) return "w is not a number: this rank reads rows of another rank, where the judge has put NaN";
  std::vector<Mistake> mistakes = {
      {"w: the gradient is divided by the full batch, also where the last batch has fewer rows", full.w}};
  if (ranks > 1) {
    mistakes.push_back({"w: the gradient is divided twice, by the rows of the batch and by the ranks", twice.w});
    mistakes.push_back({"w: the gradient is too large by the number of ranks", summed.w});
  }
  if (const std::string words = compare_values("w", w, right.w, bound, mistakes); !words.empty()) return words;
  Doubles divided = right.curve;
  for (double& loss : divided) loss /= ranks;
  return compare_values("curve", curve, right.curve, bound,
                        {{"w is right; the curve is divided by the number of ranks, too", divided}});
}

std::string wrong_with(int ranks, const Fit& fit) {
  std::vector<Answers> answers = Trial().give(fit.samples).give(fit.features).give(fit.batch).give(fit.epochs).give(fit.rate)
                                     .give(fit.x).give(fit.y).run_ranks(ranks);
  for (int rank = 0; rank < ranks; ++rank)
    if (const std::string words = wrong_on_rank(answers[size_t(rank)], fit, ranks); !words.empty())
      return "with " + std::to_string(ranks) + " ranks, " + std::to_string(fit.samples) + " samples in batches of " +
             std::to_string(fit.batch) + ": " + words + " (on rank " + std::to_string(rank) + ")";
  return "";
}

// covers: Fits y | x (samples, features) | curve (epochs): | w and curve
TEST(odd_curve, TheCurvesOfTheTable) {
  const Fit fit{.samples = 40, .features = 3, .batch = 8, .epochs = 6, .rate = 0.3f};
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, fit));
}
// covers: A step takes
TEST(odd_curve, ASmallLastBatch) {
  EXPECT_RIGHT(wrong_with(2, {.samples = 35, .features = 4, .batch = 8, .epochs = 3, .rate = 0.5f}));
}
TEST(odd_curve, FewerRowsThanRanks) {
  EXPECT_RIGHT(wrong_with(3, {.samples = 26, .features = 2, .batch = 8, .epochs = 3, .rate = 0.2f}));
}

// unchecked (whether a rank takes its share only is not looked at): A step takes

// explains (the program that is given): The program as it stands | On 40 samples

}  // namespace
