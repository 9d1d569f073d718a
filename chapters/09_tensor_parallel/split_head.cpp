#include "chapters/09_tensor_parallel/split_head.h"

#include <numeric>

#include "chapters/01_serial/head.h"

SplitSoftmaxHead::SplitSoftmaxHead(TensorParallel& tensor, Space space)
    : tensor_(tensor), host_labels_(size_t(space.rows)), host_losses_(size_t(space.rows)) {
  Device& device = tensor.mlp().device();
  const size_t rows = size_t(space.rows);
  for (int s = 0; s < space.slots; ++s)
    slots_.push_back(
        {Buffer<int>(device, rows, Purpose::activations), Buffer<>(device, rows, Purpose::activations)});
  if (!tensor.output_is_split()) return;
  maximum_ = Buffer<>(device, rows, Purpose::activations);
  sum_ = Buffer<>(device, rows, Purpose::activations);
}

void SplitSoftmaxHead::load_labels(const Dataset& data, std::span<const uint32_t> order, Range rows,
                                   int slot) {
  gather_labels(host_labels_.data(), data, order, rows);
  Buffer<int>& labels = slots_[size_t(slot)].labels;
  labels.device().copy_in(labels.data(), host_labels_.data(), rows.size());
}

void SplitSoftmaxHead::backward(Mlp& mlp, size_t batch_rows, int slot) {
  Slot& s = slots_[size_t(slot)];
  Device& device = mlp.device();
  const Layer& last = mlp.layout().layers.back();
  const int rows = mlp.rows(slot), classes = last.out;
  const float *z = mlp.output(slot), scale = 1.0f / float(batch_rows);
  float* dz = mlp.output_gradient(slot);
  if (!tensor_.output_is_split()) {
    device.softmax_cross_entropy(s.losses, dz, z, s.labels, scale, rows, classes);
    return;
  }
  device.row_max(maximum_, z, rows, classes);
  tensor_.maximum(maximum_, size_t(rows));
  device.row_exp_sum(sum_, z, maximum_, rows, classes);
  tensor_.sum(sum_, size_t(rows));
  device.softmax_finish(s.losses, dz, z, maximum_, sum_, s.labels, scale, rows, classes, last.w.first_column);
}

double SplitSoftmaxHead::loss(Mlp& mlp, size_t batch_rows, int slot) {
  const size_t rows = size_t(mlp.rows(slot));
  mlp.device().copy_out(host_losses_.data(), slots_[size_t(slot)].losses.data(), rows);
  const double mine = std::accumulate(host_losses_.begin(), host_losses_.begin() + ptrdiff_t(rows), 0.0);
  return (tensor_.output_is_split() ? tensor_.sum(mine) : mine) / double(batch_rows);
}
