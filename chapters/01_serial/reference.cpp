#include "chapters/01_serial/reference.h"

#include <algorithm>
#include <cmath>

namespace {

// y (rows, out) = activation(x (rows, in) · w + b)
std::vector<double> layer_forward(const Layer& layer, const std::vector<double>& parameters,
                                  const std::vector<double>& x, size_t rows) {
  const size_t in = size_t(layer.in), out = size_t(layer.out);
  std::vector<double> y(rows * out);
  for (size_t r = 0; r < rows; ++r)
    for (size_t j = 0; j < out; ++j) {
      double sum = parameters[layer.b.offset + j];
      for (size_t i = 0; i < in; ++i) sum += x[r * in + i] * parameters[layer.w.offset + i * out + j];
      y[r * out + j] = layer.activation == Activation::relu ? std::max(sum, 0.0) : sum;
    }
  return y;
}

}  // namespace

double reference_loss(const Layout& layout, const std::vector<double>& parameters,
                      const std::vector<double>& x, const std::vector<int>& labels) {
  const size_t rows = labels.size(), classes = size_t(layout.out());
  std::vector<double> z = x;
  for (const Layer& layer : layout.layers) z = layer_forward(layer, parameters, z, rows);

  double loss = 0;
  for (size_t r = 0; r < rows; ++r) {
    const double* row = z.data() + r * classes;
    const double maximum = *std::max_element(row, row + classes);
    double sum = 0;
    for (size_t j = 0; j < classes; ++j) sum += std::exp(row[j] - maximum);
    loss += std::log(sum) + maximum - row[labels[r]];
  }
  return loss / double(rows);
}

double central_difference(const Layout& layout, std::vector<double>& parameters, size_t i,
                          const std::vector<double>& x, const std::vector<int>& labels, double h) {
  const double w = parameters[i];
  parameters[i] = w + h;
  const double above = reference_loss(layout, parameters, x, labels);
  parameters[i] = w - h;
  const double below = reference_loss(layout, parameters, x, labels);
  parameters[i] = w;
  return (above - below) / (2 * h);
}
