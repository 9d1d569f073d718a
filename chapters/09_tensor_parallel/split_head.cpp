#include "chapters/09_tensor_parallel/split_head.h"

#include <cstring>
#include <numeric>

#include "chapters/01_serial/head.h"

SplitSoftmaxHead::SplitSoftmaxHead(TensorParallel& tensor, Space space)
    : tensor_(tensor), host_labels_(size_t(space.rows)), host_losses_(size_t(space.rows)) {
  Device& device = tensor.mlp().device();
  const size_t rows = size_t(space.rows);
  for (int s = 0; s < space.slots; ++s)
    places_.push_back(
        {Buffer<int>(device, rows, Purpose::activations), Buffer<>(device, rows, Purpose::activations)});
  if (!tensor.output_is_split()) return;
  maximum_ = Buffer<>(device, rows, Purpose::activations);
  sum_ = Buffer<>(device, rows, Purpose::activations);
}

void SplitSoftmaxHead::load_labels(const Dataset& data, std::span<const uint32_t> order, Range rows, int place) {
  Place& p = places_[size_t(place)];
  p.rows = rows.size();
  gather_labels(host_labels_.data(), data, order, rows);
  Device& device = p.labels.device();
  if (!tensor_.between_gpus()) return device.copy_in(p.labels.data(), host_labels_.data(), p.rows);
  static_assert(sizeof(int) == sizeof(float));  // views are for floats
  float* const labels = reinterpret_cast<float*>(p.labels.data());
  std::memcpy(device.host_view(labels, p.rows), host_labels_.data(), p.rows * sizeof(int));
  device.begin_copy_in(labels, p.rows);
  device.end_copy_in(labels, p.rows);
}

void SplitSoftmaxHead::backward(Mlp& mlp, size_t batch_rows, int slot, int place) {
  Place& p = places_[size_t(place)];
  Device& device = mlp.device();
  const Layer& last = mlp.layout().layers.back();
  const int rows = mlp.rows(slot), classes = last.out;
  const float *z = mlp.output(slot), scale = 1.0f / float(batch_rows);
  float* dz = mlp.output_gradient(slot);
  if (!tensor_.output_is_split()) {
    device.softmax_cross_entropy(p.losses, dz, z, p.labels, scale, rows, classes);
  } else {
    device.row_max(maximum_, z, rows, classes);
    tensor_.maximum(maximum_, size_t(rows));
    device.row_exp_sum(sum_, z, maximum_, rows, classes);
    tensor_.sum(sum_, size_t(rows));
    device.softmax_finish(p.losses, dz, z, maximum_, sum_, p.labels, scale, rows, classes, last.w.first_column);
  }
  if (tensor_.between_gpus()) device.begin_copy_out(p.losses, p.rows);
}

double SplitSoftmaxHead::loss(Mlp& mlp, size_t batch_rows, int place) {
  Place& p = places_[size_t(place)];
  const float* losses = host_losses_.data();
  if (tensor_.between_gpus()) {
    mlp.device().end_copy_out(p.losses, p.rows);
    losses = mlp.device().host_view(p.losses, p.rows);
  } else {
    mlp.device().copy_out(host_losses_.data(), p.losses.data(), p.rows);
  }
  const double mine = std::accumulate(losses, losses + p.rows, 0.0);
  return (tensor_.output_is_split() ? tensor_.sum(mine) : mine) / double(batch_rows);
}
