#include "chapters/08_layer_splitting/pipeline_head.h"

#include <algorithm>
#include <numeric>

SoftmaxPipelineHead::SoftmaxPipelineHead(Device& device, int rows, int places)
    : host_labels_(size_t(rows)), host_losses_(size_t(rows)) {
  for (int i = 0; i < places; ++i)
    places_.push_back({Buffer<int>(device, size_t(rows), Purpose::activations), Buffer<>(device, size_t(rows), Purpose::activations)});
}

void SoftmaxPipelineHead::backward(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows,
                                   size_t batch_rows, int slot, int m) {
  Place& place = place_of(m);
  place.rows = rows.size();
  gather_labels(host_labels_.data(), data, order, rows);
  mlp.device().copy_in(place.labels.data(), host_labels_.data(), place.rows);
  write_gradient(mlp, place, batch_rows, slot);
}

void SoftmaxPipelineHead::write_gradient(Mlp& mlp, Place& place, size_t batch_rows, int slot) {
  mlp.device().softmax_cross_entropy(place.losses, mlp.output_gradient(slot), mlp.output(slot), place.labels,
                                     1.0f / float(batch_rows), int(place.rows), mlp.layout().out());
}

double SoftmaxPipelineHead::loss(Mlp& mlp, size_t batch_rows, int, int m) {
  const Place& place = place_of(m);
  mlp.device().copy_out(host_losses_.data(), place.losses.data(), place.rows);
  return mean(host_losses_.data(), place.rows, batch_rows);
}

double SoftmaxPipelineHead::mean(const float* losses, size_t rows, size_t batch_rows) {
  return std::accumulate(losses, losses + rows, 0.0) / double(batch_rows);
}

// As in chapter 01: the largest output wins, the lowest class among equals.
size_t SoftmaxPipelineHead::count_correct(Mlp& mlp, const Dataset& data, Range rows, int slot) {
  const size_t classes = size_t(mlp.layout().out());
  std::vector<float> z(rows.size() * classes);
  mlp.device().copy_out(z.data(), mlp.output(slot), z.size());
  size_t correct = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    const float* row = z.data() + r * classes;
    if (size_t(std::max_element(row, row + classes) - row) == data.labels[rows.first + r]) ++correct;
  }
  return correct;
}
