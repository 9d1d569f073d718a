// Why any of this works: a network with one input and one output learns a function from samples of it.
//
// Each ReLU of the hidden layer bends a line at one place; a sum of many bent lines follows any continuous curve as closely
// as one likes (Cybenko 1989; for ReLU: Leshno, Lin, Pinkus, Schocken 1993). Training finds the places.
// Only the head differs from train.cpp: squared error instead of softmax cross-entropy, computed here by hand.
// Run: make 01-fit_function ARGS="--function step"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numbers>

#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "common/error.h"
#include "common/options.h"
#include "common/philox.h"
#include "common/writable.h"

namespace {

double target(const std::string& function, double x) {
  if (function == "sine") return std::sin(std::numbers::pi * x);
  if (function == "step") return x < 0 ? -1 : 1;
  return std::abs(std::fmod(x + 3, 1.0) - 0.5) * 4 - 1;  // zigzag
}

// The network's outputs at `points` places from -1 to 1.
std::vector<float> curve(Mlp& mlp, int points) {
  for (int i = 0; i < points; ++i) mlp.input()[i] = -1 + 2 * float(i) / float(points - 1);
  mlp.forward(points);
  return {mlp.output(), mlp.output() + points};
}

void draw(const std::string& function, const std::vector<float>& fit) {
  constexpr int height = 17;
  const int width = int(fit.size());
  std::vector<std::string> picture(height, std::string(size_t(width), ' '));
  auto row = [](double y) {
    return size_t(std::clamp(int(std::lround((1.2 - y) / 2.4 * (height - 1))), 0, height - 1));
  };
  for (int i = 0; i < width; ++i) {
    picture[row(target(function, -1 + 2.0 * i / (width - 1)))][size_t(i)] = '.';
    picture[row(fit[size_t(i)])][size_t(i)] = '#';
  }
  for (const std::string& line : picture) std::printf("  %s\n", line.c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  std::string function = "sine", log;
  std::vector<int64_t> hidden = {64, 64};
  int64_t steps = 3000, seed = 1;
  OptimizerOptions rule{.name = "adam", .learning_rate = 0.003};
  Options options("Fits a network with one input and one output to a function on [-1, 1].");
  options.add("function", &function, "what to learn", {"sine", "step", "zigzag"});
  options.add("hidden", &hidden, "widths of the hidden layers, or none", between(1, 4096));
  options.add("steps", &steps, "training steps of 64 random points each", between(0, 1000000));
  options.add("optimizer", &rule.name, "the update rule", {"sgd", "momentum", "adam"});
  options.add("learning-rate", &rule.learning_rate, "step length", between(0, 100));
  options.add("seed", &seed, "of weights and points", at_least(0));
  options.add("log", &log, "write x, target and fit to this CSV file");
  if (!options.parse(argc, argv)) return 0;
  require_writable(log);

  constexpr int batch = 64, points = 72;
  std::vector<int> sizes = {1};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(1);
  const std::unique_ptr<Device> device = make_cpu_device();
  const Layout layout = make_layout(sizes);
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const Buffer gradients(*device, layout.count, Purpose::gradients);
  initialize(parameters, layout, uint64_t(seed));
  Mlp mlp(*device, layout, parameters, gradients, {.rows = std::max(batch, points)});
  Optimizer optimizer(*device, rule, layout.count);

  double error = 0;
  for (int64_t step = 0; step < steps; ++step) {
    for (int r = 0; r < batch; ++r)
      mlp.input()[r] =
          2 * uniform(random_words(uint64_t(seed), RandomStream::data, uint32_t(step), uint64_t(r))[0]) - 1;
    mlp.forward(batch);
    error = 0;  // mean of (y - target)² over the batch; its derivative by y is 2 (y - target) / batch
    for (int r = 0; r < batch; ++r) {
      const double difference = mlp.output()[r] - target(function, mlp.input()[r]);
      error += difference * difference / batch;
      mlp.output_gradient()[r] = float(2 * difference / batch);
    }
    if (!std::isfinite(error)) throw Error("step " + std::to_string(step) + ": the error is not finite");
    mlp.backward(Write::overwrite);
    optimizer.step(parameters, gradients);
  }

  const std::vector<float> fit = curve(mlp, points);
  std::printf("%s ('.') and what 1-", function.c_str());
  for (int64_t width : hidden) std::printf("%lld-", (long long)width);
  std::printf("1 learned of it in %lld steps ('#'); mean squared error of the last batch %.2g\n",
              (long long)steps, error);
  draw(function, fit);
  if (!log.empty()) {
    std::ofstream out(log);
    out << "x,target,fit\n";
    for (int i = 0; i < points; ++i) {
      const double x = -1 + 2.0 * i / (points - 1);
      out << x << ',' << target(function, x) << ',' << fit[size_t(i)] << '\n';
    }
    if (!out.flush()) throw Error(log + ": cannot write");
  }
  return 0;
} catch (const Error& error) {
  return fail(error);
}
