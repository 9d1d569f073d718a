// Is the backward pass right? Compares its gradient with the slope of the loss, measured by moving one weight a little up
// and a little down.
//
// A formula derived by hand is easily wrong in a way that still trains, only worse. The slope cannot be wrong: it needs the
// forward pass alone, written a second time in double precision (reference.h).
// Run: make 01-gradient_check
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/reference.h"
#include "common/error.h"
#include "common/options.h"
#include "common/philox.h"

namespace {

// A data set of random images, each `features` pixels in one row.
Dataset made_up_data(size_t rows, size_t features, int classes) {
  Dataset data{rows, 1, features, std::vector<uint8_t>(rows * features), std::vector<uint8_t>(rows)};
  for (size_t i = 0; i < data.pixels.size(); ++i)
    data.pixels[i] = uint8_t(random_words(1, RandomStream::data, 0, i)[0] & 255);
  for (size_t r = 0; r < rows; ++r)
    data.labels[r] = uint8_t(random_words(1, RandomStream::data, 1, r)[0] % uint32_t(classes));
  return data;
}

struct Worst {
  double error = 0, backward = 0, slope = 0;
  size_t parameter = 0;
};

// Larger, or no number at all; nothing is worse than that.
bool worse(double error, double than) { return !(error <= than) && !std::isnan(than); }

}  // namespace

int main(int argc, char** argv) try {
  std::vector<int64_t> sizes = {13, 7, 5, 3};
  int64_t rows = 4;
  Options options(
      "Compares the gradients of the backward pass with measured slopes, parameter by parameter.");
  options.add("sizes", &sizes, "widths: input, hidden layers, output", between(1, 512));
  options.add("rows", &rows, "samples in the batch", between(1, 1024));
  if (!options.parse(argc, argv)) return 0;
  if (sizes.size() < 2) throw Error("--sizes: a network needs an input and an output");

  // 1. The gradients that the backward pass computes, in single precision.
  const std::unique_ptr<Device> device = make_cpu_device();
  const Layout layout = make_layout(std::vector<int>(sizes.begin(), sizes.end()));
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const Buffer gradients(*device, layout.count, Purpose::gradients);
  initialize(parameters, layout, 1);
  // Biases away from zero: a unit whose inputs are all 0 would sit exactly on ReLU's kink, where no slope exists.
  for (const Layer& layer : layout.layers)
    for (size_t j = 0; j < layer.b.size(); ++j) parameters[layer.b.offset + j] = 0.05f * float(1 + j % 3);
  const Dataset data = made_up_data(size_t(rows), size_t(sizes.front()), int(sizes.back()));
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  const Space space{.rows = int(rows)};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  load_images(mlp, data, order, {0, data.count});
  head.load_labels(data, order, {0, data.count});
  mlp.forward(int(rows));
  head.backward(mlp, data.count);
  mlp.backward(Write::overwrite);

  // 2. The slopes of the loss, in double precision, at the same point.
  std::vector<double> exact(parameters.data(), parameters.data() + layout.count);
  const std::vector<double> x(mlp.input(), mlp.input() + data.count * data.features());
  std::vector<int> labels(data.count);
  gather_labels(labels.data(), data, order, {0, data.count});

  std::printf("%-8s %-12s %12s %14s %14s %12s\n", "layer", "shape", "parameters", "backward", "slope",
              "difference");
  double largest = 0, worst_overall = 0;
  for (const Layer& layer : layout.layers) {
    Worst worst;
    for (size_t i = layer.range().first; i < layer.range().last; ++i) {
      const double slope = central_difference(layout, exact, i, x, labels);
      const double error = std::abs(gradients[i] - slope);
      largest = std::max(largest, std::abs(slope));
      if (worse(error, worst.error)) worst = {error, gradients[i], slope, i};
    }
    std::printf("%-8d %-12s %12zu %14.9f %14.9f %12.1e\n", layer.index,
                (std::to_string(layer.in) + " -> " + std::to_string(layer.out)).c_str(), layer.range().size(),
                worst.backward, worst.slope, worst.error);
    if (worse(worst.error, worst_overall)) worst_overall = worst.error;
  }
  // Single precision carries 24 bits: sums of a few dozen terms are right to about 1e-6 of the largest gradient.
  const double bound = 1e-5 * largest;
  std::printf("largest difference %.1e, bound %.1e (1e-5 of the largest gradient): %s\n", worst_overall,
              bound, worst_overall <= bound ? "the backward pass is right" : "the backward pass is WRONG");
  return worst_overall <= bound ? 0 : 1;
} catch (const Error& error) {
  return fail(error);
}
