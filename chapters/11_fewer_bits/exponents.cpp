#include "chapters/11_fewer_bits/exponents.h"

#include <algorithm>

void Numbers::add(const float* p, size_t n) {
  std::copy_if(p, p + n, std::back_inserter(values), [](float x) { return x != 0; });
}

std::map<int, size_t> Numbers::by_exponent() const {
  std::map<int, size_t> count;
  for (float x : values) ++count[std::ilogb(x)];
  return count;
}

double Numbers::made_zero(const Format& f) const {
  return double(std::ranges::count_if(values, [&](float x) { return rounded(x, f) == 0; })) / double(values.size());
}

double Numbers::made_infinite(const Format& f) const {
  return double(std::ranges::count_if(values, [&](float x) { return std::isinf(rounded(x, f)); })) / double(values.size());
}

std::array<Numbers, 4> numbers_of_a_step(SerialTraining& training, const Dataset& data, std::span<const uint32_t> order,
                                         Range batch) {
  std::array<Numbers, 4> all = {{{"weights", {}}, {"activations", {}}, {"their gradients", {}}, {"weights' gradients", {}}}};
  Numbers &weights = all[0], &activations = all[1], &activation_gradients = all[2], &weight_gradients = all[3];
  Mlp& mlp = training.mlp();
  for (const Layer& layer : training.layout().layers) weights.add(training.weights().data() + layer.w.offset, layer.w.size());

  const auto gradient = [&](int l) {  // of activation l
    const Layer& before = training.layout().layers[size_t(l - 1)];
    activation_gradients.add(mlp.activation_gradient(l, 0), batch.size() * size_t(before.out));
  };
  mlp.hooks.before_backward = [&](int l, int) {
    if (l == mlp.depth() - 1) gradient(mlp.depth());
  };
  mlp.hooks.after_backward = [&](int l, int) {
    if (l > 0) gradient(l);
  };
  training.step(data, order, batch);
  mlp.hooks = {};
  for (int l = 0; l < mlp.depth(); ++l) {
    const Layer& layer = training.layout().layers[size_t(l)];
    if (l > 0) activations.add(mlp.activation(l, 0), batch.size() * size_t(layer.in));
    weight_gradients.add(mlp.gradients(l), layer.w.size());
  }
  return all;
}
