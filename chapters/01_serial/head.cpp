#include "chapters/01_serial/head.h"

#include <algorithm>
#include <numeric>

SoftmaxHead::SoftmaxHead(Device& device, Space space)
    : host_labels_(size_t(space.rows)), host_losses_(size_t(space.rows)) {
  for (int s = 0; s < space.slots; ++s)
    slots_.push_back({Buffer<int>(device, size_t(space.rows), Purpose::activations),
                      Buffer<>(device, size_t(space.rows), Purpose::activations)});
}

void SoftmaxHead::load_labels(const Dataset& data, std::span<const uint32_t> order, Range rows, int slot) {
  gather_labels(host_labels_.data(), data, order, rows);
  Buffer<int>& labels = slots_[size_t(slot)].labels;
  labels.device().copy_in(labels.data(), host_labels_.data(), rows.size());
}

void SoftmaxHead::backward(Mlp& mlp, size_t batch_rows, int slot) {
  Slot& s = slots_[size_t(slot)];
  mlp.device().softmax_cross_entropy(s.losses, mlp.output_gradient(slot), mlp.output(slot), s.labels,
                                     1.0f / float(batch_rows), mlp.rows(slot), mlp.layout().out());
}

double SoftmaxHead::loss(Mlp& mlp, size_t batch_rows, int slot) {
  const size_t rows = size_t(mlp.rows(slot));
  mlp.device().copy_out(host_losses_.data(), slots_[size_t(slot)].losses.data(), rows);
  return std::accumulate(host_losses_.begin(), host_losses_.begin() + ptrdiff_t(rows), 0.0) /
         double(batch_rows);
}

void load_images(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows, int slot) {
  const size_t n = rows.size() * size_t(mlp.layout().in());
  Device& device = mlp.device();
  gather_images(device.host_view(mlp.input(slot), n), data, order, rows);
  device.begin_copy_in(mlp.input(slot), n);
  device.end_copy_in(mlp.input(slot), n);
}

size_t count_correct(Mlp& mlp, const Dataset& data, Range rows) {
  std::vector<uint32_t> in_order(data.count);
  std::iota(in_order.begin(), in_order.end(), 0u);
  const size_t classes = size_t(mlp.layout().out());
  std::vector<float> z(size_t(mlp.space().rows) * classes);

  size_t correct = 0;
  for (size_t first = rows.first; first < rows.last; first += size_t(mlp.space().rows)) {
    const Range part{first, std::min(first + size_t(mlp.space().rows), rows.last)};
    load_images(mlp, data, in_order, part);
    mlp.forward(int(part.size()));
    mlp.device().copy_out(z.data(), mlp.output(), part.size() * classes);
    for (size_t r = 0; r < part.size(); ++r) {
      const float* row = z.data() + r * classes;
      const size_t guess = size_t(std::max_element(row, row + classes) - row);
      if (guess == data.labels[part.first + r]) ++correct;
    }
  }
  return correct;
}
