// Runs of chapter 07 for its tests: the serial run, plain data parallelism, and all ways of sharding held against them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "tests/micro_batches.h"
#include "tests/mpi_expect.h"

inline int ranks() { return ranks_of(MPI_COMM_WORLD); }
inline int rank() { return rank_of(MPI_COMM_WORLD); }

// 13·11 + 11 + 11·3 + 3 + 3·10 + 10 = 230 parameters: no number of ranks but 1, 2 and 5 divides it, and none but 1 and
// 2 divides all layers.
inline const std::vector<int> odd_sizes = {13, 11, 3, 10};
// Layers with fewer elements than ranks: 1·1 + 1 = 2.
inline const std::vector<int> narrow_sizes = {1, 1, 1, 2};

inline OptimizerOptions rule(const std::string& name) {
  OptimizerOptions options;
  options.name = name;
  options.learning_rate = name == "adam" ? 0.01 : 0.1;
  return options;
}

struct Trained {
  std::vector<float> weights;
  std::vector<double> losses;  // of the steps
};

// Chapter 01's loop, on this rank alone.
inline Trained train_serially(Device& device, const Dataset& data, const std::vector<int>& sizes, size_t batch_rows,
                       int micro_batches, const OptimizerOptions& rule) {
  const Layout layout = make_layout(sizes);
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  std::vector<float> initial(layout.count);
  initialize(initial.data(), layout, 1);
  device.copy_in(parameters.data(), initial.data(), layout.count);
  const Space space{.rows = int(batch_rows)};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, rule, layout.count);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);

  Trained result;
  for (const Range batch : batches(data.count, batch_rows)) {
    const double loss = gradients_of(mlp, head, data, order, batch, micro_batches);
    optimizer.step(parameters, gradients);
    result.losses.push_back(loss);
  }
  result.weights.resize(layout.count);
  device.copy_out(result.weights.data(), parameters.data(), layout.count);
  return result;
}

inline Trained train_serially(const Dataset& data, const std::vector<int>& sizes, size_t batch_rows, int micro_batches,
                       const OptimizerOptions& rule) {
  CpuDevice device;
  return train_serially(device, data, sizes, batch_rows, micro_batches, rule);
}

// Plain data parallelism: one micro-batch per rank, one allreduce of the whole gradient vector, the same update everywhere.
inline std::vector<float> train_plainly(const Dataset& data, const std::vector<int>& sizes, size_t batch_rows,
                                 const OptimizerOptions& rule) {
  CpuDevice device;
  const Layout layout = make_layout(sizes);
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  initialize(parameters, layout, 1);
  const Space space{.rows = int(batch_rows)};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, rule, layout.count);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  for (const Range batch : batches(data.count, batch_rows)) {
    const Range rows = share(batch, size_t(ranks()), size_t(rank()));
    load_images(mlp, data, order, rows);
    head.load_labels(data, order, rows);
    mlp.forward(int(rows.size()));
    head.backward(mlp, batch.size());
    mlp.backward(Write::overwrite);
    allreduce_rank_order(gradients, gradients, layout.count, MPI_COMM_WORLD);
    optimizer.step(parameters, gradients);
  }
  return {parameters.data(), parameters.data() + layout.count};
}

struct Case {
  std::vector<int> sizes;
  size_t samples, batch;  // the last batch is a partial one, with fewer rows than ranks
  int micro_batches;
};

inline std::string told(const Case& c, const std::string& rule, int level, size_t unit) {
  return std::to_string(c.sizes[0]) + "-..., " + std::to_string(c.micro_batches) + " micro-batches, " + rule + ", level " +
         std::to_string(level) + ", unit " + std::to_string(unit);
}

// Levels 0 to 3, and level 3 with prefetch.
constexpr int ways = 5;
inline ZeroOptions way(int i, int64_t unit, int64_t micro_batches) {
  return {.level = std::min(i, 3), .unit = unit, .micro_batches = micro_batches, .prefetch = i == 4};
}

// In all ways, with units of the given sizes, against the serial run with the same micro-batches.
inline void expect_serial_bits(const Case& c, const std::vector<size_t>& units, const std::string& name) {
  const Dataset data = random_dataset(size_t(c.sizes[0]), c.samples);
  const Trained serial = train_serially(data, c.sizes, c.batch, c.micro_batches, rule(name));
  for (int level = 0; level < ways; ++level)
    for (size_t unit : units) {
      CpuDevice device;
      ShardedRun run(device, data, c.sizes, c.batch, rule(name), way(level, int64_t(unit), c.micro_batches), MPI_COMM_WORLD);
      std::vector<double> losses;
      for (const Range batch : batches(c.samples, c.batch)) losses.push_back(run.step(batch));
      const std::vector<float> weights = run.weights();
      EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits())
          << told(c, name, level, unit) << ": " << compare(weights, serial.weights, run.initial());
      // Training that moves nothing would agree with itself.
      EXPECT_ON_ALL_RANKS(compare(weights, run.initial()).max_abs > 0.01) << told(c, name, level, unit);
      // The loss is summed in the order of the micro-batches as well, so its bits agree, too.
      EXPECT_ON_ALL_RANKS(losses == serial.losses) << told(c, name, level, unit);
    }
}

// Ranks on nodes in many ways, given by the test: one node, nodes of one and of two ranks, dealt in turn, three and the rest.
inline std::vector<std::vector<int>> some_nodes() {
  std::vector<std::vector<int>> all(5, std::vector<int>(size_t(ranks())));
  for (int r = 0; r < ranks(); ++r) {
    const int names[] = {0, r, r / 2, r % 2, r < 3 ? 5 : 2};
    for (size_t i = 0; i < all.size(); ++i) all[i][size_t(r)] = names[i];
  }
  return all;
}
