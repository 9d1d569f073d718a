#include "chapters/01_serial/mlp.h"

#include <algorithm>
#include <stdexcept>

#include "chapters/01_serial/activation_store.h"
#include "chapters/01_serial/masked_gradient.h"

Mlp::Mlp(Device& device, const Layout& layout, float* parameters, float* gradients, Space space)
    : device_(device), layout_(layout), space_(space) {
  for (const Layer& layer : layout_.layers) {
    const size_t offset = layer.range().first;
    parameters_.push_back(parameters ? parameters + offset : nullptr);
    gradients_.push_back(gradients ? gradients + offset : nullptr);
  }

  const size_t rows = size_t(space.rows);
  // What the head reads and writes are floats on every device.
  const bool has_head = layout_.layers.back().activation == Activation::none;
  auto floats = [&](int width) { return Buffer<>(device, rows * size_t(width), Purpose::activations); };
  auto* const store = dynamic_cast<ActivationStore*>(&device);  // null before chapter 11
  auto activation = [&](int width) { return store ? store->allocate_activations(rows * size_t(width)) : floats(width); };
  auto last = [&](int width) { return has_head ? floats(width) : activation(width); };
  const auto width = [&](int a) { return a == 0 ? layout_.in() : layout_.layers[size_t(a) - 1].out; };
  const auto place = [&](Buffer<> memory) { return activations_.emplace_back(std::move(memory)).data(); };
  std::vector<float*> shared(size_t(space.keep_every), nullptr);  // by place in a stretch
  for (int i = 1; i < std::min(space.keep_every, depth()); ++i) {
    int widest = 0;
    for (int a = i; a < depth(); a += space.keep_every) widest = std::max(widest, width(a));
    shared[size_t(i)] = place(activation(widest));
  }
  int widest_inner = 0;
  for (int a = 1; a < depth() && !space.keep_gradients; ++a) widest_inner = std::max(widest_inner, width(a));
  for (Buffer<>& buffer : inner_gradients_) buffer = activation(widest_inner);
  for (int s = 0; s < space.slots; ++s) {
    Slot slot;
    for (int a = 0; a < depth(); ++a)
      slot.activations.push_back(is_kept(a, depth(), space.keep_every) ? place(activation(width(a)))
                                                                      : shared[size_t(a % space.keep_every)]);
    slot.activations.push_back(place(last(layout_.out())));
    for (int a = 1; a < depth(); ++a)
      slot.inner_gradients.push_back(space.keep_gradients ? place(activation(width(a))) : inner_gradients_[a % 2].data());
    slot.output_gradient = last(layout_.out());
    if (space.input_gradient) slot.input_gradient = activation(layout_.in());
    slots_.push_back(std::move(slot));
  }
}

void Mlp::forward(int rows, int slot) {
  if (rows > space_.rows) throw std::logic_error("more rows than the network has room for");
  slots_[size_t(slot)].rows = rows;
  forward_layers(0, depth(), slot);
}

void Mlp::forward_layers(int first, int last, int slot) {
  for (int l = first; l < last; ++l) {
    if (hooks.before_forward) hooks.before_forward(l, slot);
    forward_layer(l, slot);
    if (hooks.after_forward) hooks.after_forward(l, slot);
    there_ = {slot, l - l % space_.keep_every};
  }
}

// What backward of this layer reads: the outputs of the layers before it, from the last one on that is kept.
void Mlp::compute_again(int layer, int slot) {
  const int first = layer - layer % space_.keep_every;
  if (there_ == std::pair(slot, first)) return;
  forward_layers(first, layer, slot);
}

void Mlp::backward(Write write, int slot) {
  for (int l = depth() - 1; l >= 0; --l) {
    if (space_.keep_every > 1) compute_again(l, slot);
    if (hooks.before_backward) hooks.before_backward(l, slot);
    backward_layer_input(l, slot);
    if (hooks.after_input_gradient && has_input_gradient(l)) hooks.after_input_gradient(l, slot);
    backward_layer_weights(l, write, slot);
    if (hooks.after_backward) hooks.after_backward(l, slot);
  }
}

void Mlp::forward_layer(int l, int slot) {
  const Layer& layer = layout_.layers[size_t(l)];
  const float* w = parameters(l);
  const bool whole_sum = layer.split != Split::rows;  // always, before chapter 09
  device_.linear_forward(activation(l + 1, slot), activation(l, slot), w,
                         whole_sum ? w + layer.w.size() : nullptr,
                         whole_sum ? layer.activation : Activation::none, rows(slot), layer.in, layer.out);
}

void Mlp::backward_layer_input(int l, int slot) {
  const Layer& layer = layout_.layers[size_t(l)];
  float* dy = activation_gradient(l + 1, slot);
  auto* masked = dynamic_cast<MaskedGradient*>(&device_);  // null before chapter 03
  if (masked && !masked->masks_gradients()) masked = nullptr;
  if (layer.activation == Activation::relu && (!masked || l + 1 == depth()))  // else the layer behind has done it
    device_.relu_backward(dy, activation(l + 1, slot), size_t(rows(slot)) * size_t(layer.out));
  if (masked && l > 0 && layout_.layers[size_t(l) - 1].activation == Activation::relu)
    masked->linear_backward_input_masked(activation_gradient(l, slot), dy, parameters(l), activation(l, slot),
                                         rows(slot), layer.in, layer.out);
  else if (has_input_gradient(l))
    device_.linear_backward_input(activation_gradient(l, slot), dy, parameters(l), Write::overwrite,
                                  rows(slot), layer.in, layer.out);
}

void Mlp::backward_layer_weights(int l, Write write, int slot) {
  const Layer& layer = layout_.layers[size_t(l)];
  const float *x = activation(l, slot), *dy = activation_gradient(l + 1, slot);
  float* dw = gradients(l);
  float* db = dw + layer.w.size();
  device_.linear_backward_weights(dw, x, dy, write, rows(slot), layer.in, layer.out);
  device_.linear_backward_bias(db, dy, write, rows(slot), layer.out);
}

float* Mlp::activation_gradient(int l, int slot) const {
  const Slot& s = slots_[size_t(slot)];
  return l == 0 ? s.input_gradient : l == depth() ? s.output_gradient : s.inner_gradients[size_t(l) - 1];
}
