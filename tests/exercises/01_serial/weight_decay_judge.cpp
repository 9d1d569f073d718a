#include <cmath>

#include "tests/exercises/judge.h"

namespace {

struct Network {
  std::vector<int> sizes;
  float lambda = 0.25f;  // a power of two: lambda times a small whole number is exact

  size_t count() const {
    size_t all = 0;
    for (size_t l = 0; l + 1 < sizes.size(); ++l) all += size_t(sizes[l] + 1) * size_t(sizes[l + 1]);
    return all;
  }
  struct Place {
    size_t layer;
    bool bias;
  };
  Place place(size_t i) const {
    for (size_t l = 0;; ++l) {
      const size_t weights = size_t(sizes[l]) * size_t(sizes[l + 1]), all = weights + size_t(sizes[l + 1]);
      if (i < all) return {l, i >= weights};
      i -= all;
    }
  }
  std::string name(size_t i) const {
    return "element " + std::to_string(i) + (place(i).bias ? " (a bias" : " (a weight") + " of layer " +
           std::to_string(place(i).layer) + ")";
  }
};

struct Result {
  std::vector<double> penalty;
  std::vector<Floats> sum;  // gradient + that of the penalty
};

Result ask(const Network& network, const Floats& gradient, const std::vector<Floats>& parameters) {
  Trial trial;
  trial.give(int(network.sizes.size()) - 1)
      .give(int(network.count()))
      .give(int(parameters.size()))
      .give(network.lambda);
  trial.give(network.sizes).give(gradient);
  for (const Floats& vector : parameters) trial.give(vector);
  Answers answers = trial.run();
  Result result;
  for (size_t v = 0; v < parameters.size(); ++v) {
    result.penalty.push_back(answers.number("the penalty"));
    result.sum.push_back(answers.floats("gradient", network.count()));
  }
  return result;
}

// The derivative of the student's own penalty, element by element: (f(w + 1) - f(w - 1)) / 2 is exact for a square.
std::string against_differences(const Network& network) {
  const size_t n = network.count();
  const Floats gradient = small_integers(n, 1, 9), w = small_integers(n, 1, 7);
  std::vector<Floats> all = {w};
  for (size_t i = 0; i < n; ++i)
    for (const float step : {1.0f, -1.0f}) {
      all.push_back(w);
      all.back()[i] += step;
    }
  const Result result = ask(network, gradient, all);
  const Floats& sum = result.sum[0];
  for (size_t i = 0; i < n; ++i) {
    const double difference = (result.penalty[1 + 2 * i] - result.penalty[2 + 2 * i]) / 2,
                 added = sum[i] - gradient[i];
    const std::string name = network.name(i);
    if (network.place(i).bias && (difference != 0 || added != 0))
      return name + " counts: biases are not penalized";
    if (network.place(i).bias) continue;
    if (difference == 0 && added == 0)
      return name + " has no effect, neither on the penalty nor on the gradient";
    if (sum[i] == float(difference))
      return "what gradient held before is gone; the penalty's gradient is added to it";
    if (std::abs(difference - added) > 1e-9)
      return name + ": you add " + std::to_string(added) +
             " to its gradient, but the finite difference of your penalty is " + std::to_string(difference);
    const double right = network.lambda * double(w[i]);
    if (std::abs(added - right) > 1e-9)
      return name + ": gradient and penalty fit each other, but for lambda " +
             std::to_string(network.lambda) + " and the weight " + std::to_string(w[i]) +
             " the gradient is " + std::to_string(right) + ", not " + std::to_string(added);
  }
  return "";
}

// covers: Biases are not
TEST(weight_decay, GradientIsTheDerivativeOfThePenalty) {
  EXPECT_RIGHT(against_differences({.sizes = {3, 4, 2}}));
}
// Layers of different sizes, one of them with a single unit: where a layer begins cannot be guessed from the one before.
// covers: The parameters of | Layer l has
TEST(weight_decay, ManyLayers) {
  EXPECT_RIGHT(against_differences({.sizes = {3, 2, 4, 1, 2, 3}}));
}
TEST(weight_decay, OneLayer) { EXPECT_RIGHT(against_differences({.sizes = {5, 1}})); }

// 100 and then 40,000 small weights: in float, each small square vanishes beside the sum.
// covers: Returns the penalty
TEST(weight_decay, ManySmallWeights) {
  const Network network{.sizes = {200, 200}};
  Floats w(network.count(), 0.001f);
  std::fill_n(w.begin(), 100, 100.0f);
  double squares = 0;
  for (size_t i = 0; i < 40000; ++i) squares += double(w[i]) * w[i];
  const double right = 0.5 * network.lambda * squares;
  const double penalty = ask(network, Floats(network.count(), 0.0f), {w}).penalty[0];
  if (!(std::abs(penalty - right) <= 1e-9 * right))
    FAIL() << "the penalty of 40000 weights is " << std::to_string(penalty) << ", not "
           << std::to_string(right) << ": sum their squares in double";
}

}  // namespace
