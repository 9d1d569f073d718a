#include "chapters/07_sharded_optimizer/sharded_run.h"

#include <numeric>

#include "chapters/07_sharded_optimizer/together.h"
#include "common/philox.h"

namespace {

Space space(size_t batch_rows, const ZeroOptions& options) {
  const size_t parts = size_t(options.micro_batches);
  return {.rows = int((batch_rows + parts - 1) / parts), .keep_every = int(options.recompute)};
}

}  // namespace

Dataset random_dataset(size_t features, size_t rows) {
  Dataset data;
  data.count = rows;
  data.height = 1;
  data.width = features;
  data.pixels.resize(rows * features);
  data.labels.resize(rows);
  for (size_t i = 0; i < data.pixels.size(); ++i)
    data.pixels[i] = uint8_t(random_words(1, RandomStream::test, 0, i)[0] % 256);
  for (size_t r = 0; r < rows; ++r) data.labels[r] = uint8_t(random_words(1, RandomStream::test, 1, r)[0] % 10);
  return data;
}

ShardedRun::ShardedRun(Device& device, const Dataset& data, const std::vector<int>& sizes, size_t batch_rows,
                       const OptimizerOptions& optimizer, const ZeroOptions& options, MPI_Comm comm)
    : data_(data),
      batch_rows_(batch_rows),
      order_(data.count),
      comm_(comm),
      mlp_(device, make_layout(sizes), nullptr, nullptr, space(batch_rows, options)),
      head_(device, space(batch_rows, options)),
      zero_(mlp_, optimizer, options, comm) {
  std::iota(order_.begin(), order_.end(), 0u);
  initial_.resize(mlp_.layout().count);
  initialize(initial_.data(), mlp_.layout(), 1);
  zero_.load(initial_);
}

double ShardedRun::epoch() {
  double loss = 0;
  for (const Range batch : batches(data_.count, batch_rows_)) loss += step(batch);
  return loss;
}

double ShardedRun::step(Range batch) {
  double loss = 0;
  for (int round = 0; round < zero_.rounds(); ++round) {
    const Range rows = zero_.begin_round(batch, round);
    load_images(mlp_, data_, order_, rows);
    head_.load_labels(data_, order_, rows);
    mlp_.forward(int(rows.size()));
    head_.backward(mlp_, batch.size());
    mlp_.backward(Write::overwrite);
    loss = sum_in_rank_order(loss, head_.loss(mlp_, batch.size()), comm_);
  }
  zero_.step();
  return loss;
}

std::vector<float> ShardedRun::weights() {
  std::vector<float> weights(mlp_.layout().count);
  zero_.save(weights);
  return weights;
}

size_t ShardedRun::count_correct() { return count_correct_in_lockstep(mlp_, data_, comm_); }
