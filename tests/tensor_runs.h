// Slices of small networks on all ranks, and training with them.
#pragma once

#include <cmath>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/09_tensor_parallel/equal_copies.h"
#include "chapters/09_tensor_parallel/slices.h"
#include "chapters/09_tensor_parallel/tensor.h"
#include "common/philox.h"
#include "tests/micro_batches.h"
#include "tests/small_data.h"
#include "tests/training_runs.h"

namespace tensor_runs {

using training_runs::Result;
using TrainingRun = training_runs::Run;

inline int world_size() { return ranks_of(MPI_COMM_WORLD); }
inline int world_rank() { return rank_of(MPI_COMM_WORLD); }

inline std::vector<uint32_t> in_order(const Dataset& data) {
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

// One to four layers; widths that divide by nothing, and widths below the number of ranks.
inline const std::vector<std::vector<int>> networks = {{35, 10},         {35, 23, 10},   {35, 6, 10},
                                                       {35, 23, 17, 10}, {35, 6, 5, 10}, {35, 23, 17, 13, 10},
                                                       {35, 3, 9, 4, 10}};

inline std::string name_of(const std::vector<int>& sizes) {
  std::string name;
  for (int size : sizes) name += (name.empty() ? "" : "-") + std::to_string(size);
  return name + " on " + std::to_string(world_size()) + " ranks";
}

// This rank's slice of some layers, or one rank's whole layers, with all that trains them.
struct Trainer {
  Device& device;
  std::vector<int> sizes;
  Range here;
  MPI_Comm comm;
  Layout layout;
  Buffer<> parameters, gradients;
  Mlp mlp;
  TensorParallel tensor;
  SplitSoftmaxHead head;

  Trainer(Device& device, const std::vector<int>& sizes, Space space,
          const std::string& allreduce = "rank-order", MPI_Comm comm = MPI_COMM_WORLD, const std::string& exchange = "host",
          size_t longest_piece = size_t{1} << 18)
      : Trainer(device, sizes, {0, sizes.size() - 1}, space, allreduce, comm, exchange, longest_piece) {}
  Trainer(Device& device, const std::vector<int>& sizes, Range here, Space space,
          const std::string& allreduce, MPI_Comm comm, const std::string& exchange = "host", size_t longest_piece = size_t{1} << 18)
      : device(device),
        sizes(sizes),
        here(here),
        comm(comm),
        layout(make_layout(sizes, here, {rank_of(comm), ranks_of(comm)})),
        parameters(device, layout.count, Purpose::parameters),
        gradients(device, layout.count, Purpose::gradients),
        mlp(device, layout, parameters, gradients, space),
        tensor(mlp, allreduce, comm, exchange, longest_piece),
        head(tensor, space) {
    std::vector<float> weights(layout.count);
    initialize(weights.data(), layout, 1);
    device.copy_in(parameters.data(), weights.data(), layout.count);
    device.fill(gradients, NAN, layout.count);
  }

  // Gradients of this batch's mean loss, which it returns.
  double step(const Dataset& data, std::span<const uint32_t> order, Range batch, int micro_batches = 1) {
    return gradients_of(mlp, head, data, order, batch, micro_batches);
  }

  // The whole vectors, on every rank.
  std::vector<float> whole(const float* slices) {
    std::vector<float> mine(layout.count);
    device.copy_out(mine.data(), slices, layout.count);
    return gather_slices(mine, sizes, here, comm);
  }
};

// The loop of training_runs::train, on all ranks.
inline Result train_on_ranks(Device& device, const TrainingRun& run, const Dataset& data, const std::string& allreduce = "rank-order",
                             int micro_batches = 1, MPI_Comm comm = MPI_COMM_WORLD, const std::string& exchange = "host",
                             size_t longest_piece = size_t{1} << 18) {
  Trainer t(device, run.sizes, {.rows = int(run.batch)}, allreduce, comm, exchange, longest_piece);
  Result result;
  result.initial = t.whole(t.parameters);
  OptimizerOptions options{.name = run.optimizer};
  if (run.optimizer == "adam") options.learning_rate = 0.001;
  Optimizer optimizer(device, options, t.layout.count);
  int step = 0;
  for (uint32_t epoch = 0; step < run.steps; ++epoch) {
    const std::vector<uint32_t> order = permutation(1, epoch, data.count);
    for (const Range batch : batches(data.count, run.batch)) {
      if (step++ == run.steps) break;
      result.loss = t.step(data, order, batch, micro_batches);
      optimizer.step(t.parameters, t.gradients);
    }
  }
  std::vector<float> mine(t.layout.count);
  device.copy_out(mine.data(), t.parameters.data(), mine.size());
  require_equal_copies(mine, t.layout, size_t(run.steps), comm);
  result.weights = t.whole(t.parameters);
  return result;
}

// Logits as a network might make them, and as none should: far from zero, one class far above or below the others.
inline std::vector<float> logits(int kind, size_t rows) {
  std::vector<float> z;
  for (size_t i = 0; i < rows * 10; ++i) {
    const float x = 8 * uniform(random_words(1, RandomStream::test, 3, i)[0]) - 4;
    const size_t row = i / 10, j = i % 10;
    z.push_back(kind == 0   ? x
                : kind == 1 ? x + 3000
                : kind == 2 ? (j == row % 10 ? x + 200 : x)
                : j < 5     ? x - 1e30f
                            : x);
  }
  return z;
}

}  // namespace tensor_runs
