// What a step of chapter 10's program sends and takes on a large grid, from a step of one data rank and formulas; and what the
// simulation of it may cost.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "chapters/13_scaling/step_time.h"

namespace hybrid_grid {

// Each data rank has as many micro-batches, of as many rows, as the only one of a grid with one has.
inline HybridSettings settings_of(const std::vector<int>& sizes, int data, int micro_batches, size_t rows) {
  HybridSettings s{.sizes = sizes, .allreduce = "mpi", .optimizer = {}};
  s.micro_batches = data * micro_batches;
  s.batch = rows * size_t(s.micro_batches);
  return s;
}

inline int rounds(int ranks) { return int(std::ceil(std::log2(ranks))); }  // of a barrier

// MPI_Allreduce as the head of simulated_collectives.cpp says, and the barrier behind the simulated step.
inline double messages_of_all(int ranks, int micro_batches) {
  const int survivors = 1 << int(std::log2(ranks)), rest = ranks - survivors;
  const double bytes = 8.0 * (micro_batches + 2);
  const bool in_halves = bytes > 2048 && micro_batches + 2 >= survivors;
  return 2.0 * rest + survivors * std::log2(survivors) * (in_halves ? 2 : 1) + ranks * rounds(ranks);
}

// A message begins, leaves and arrives; its sender and its receiver have a turn or two each. Its end is put into the queue when it begins,
// when it is the next of its port, and when the first of a port gets another rate. While it is on its way, up to `partners` others begin and end
// at each of its two ports, and each time it is looked at.
inline void expect_work(const StepTime& step, const GridShape& shape) {
  const double messages = 2 * double(step.messages);  // of both steps
  const int partners = std::max(shape.data, 4);
  EXPECT_LT(double(step.work.events), 7 * messages);
  EXPECT_LT(double(step.work.queued), 4 * messages);
  EXPECT_LT(double(step.work.looked_at), 4 * partners * messages);
}

inline void expect_step(const Cluster& c, const std::vector<int>& sizes, const GridShape& shape, int micro_batches, size_t rows) {
  const auto step = [&](int data) {
    return simulate_step(c, settings_of(sizes, data, micro_batches, rows), {data, shape.pipeline, shape.tensor}, {.steps = 1, .trace = {}});
  };
  const StepTime one = step(1), many = step(shape.data);
  const double d = shape.data, layers = double(sizes.size()) - 1, others = shape.pipeline * shape.tensor;
  SCOPED_TRACE(to_string(shape));

  // Each slice of each layer: every data rank sends a part of its gradient to every other one, and later a part of its weights. The rest each
  // data rank sends as the only one does, but the messages of all.
  const double of_data = 2 * layers * shape.tensor * d * (d - 1),
               of_one = double(one.messages) - messages_of_all(int(others), micro_batches);
  EXPECT_EQ(double(many.messages), of_data + d * of_one + messages_of_all(shape.ranks(), shape.data * micro_batches));
  EXPECT_NEAR(many.operations / d, one.operations, 0.02 * one.operations);  // the update is divided, a sum is added

  // Not faster than one data rank without its update, and not slower than that and, one after the other, all that data ranks exchange:
  // twice (d - 1)/d of the weights of a rank with most layers. Staged: gradients out and terms of the own part in, which may go before the
  // gradient that the stage before waits for, so in all stages; then this part out, and weights in.
  const Layout whole = make_layout(sizes);
  double largest = 0;
  for (const Layer& layer : whole.layers) largest = std::max(largest, double(layer.range().size()));
  const double most = std::ceil(layers / shape.pipeline), weights = most * largest / shape.tensor;
  const double update = 12 * weights / c.bytes_per_second + most * c.launch,
               exchanged = 2 * (4 * weights * (d - 1) / d / c.between.bytes_per_second + most * (d - 1) * c.between.alpha(true)),
               added = (d - 1) * most * (c.launch + 12 * largest / shape.tensor / d / c.bytes_per_second),
               copied = 4 * weights * (shape.pipeline * (2 - 1 / d) + 1 / d + 1),
               staged = c.staging_bytes_per_second > 0 ? copied / c.staging_bytes_per_second : 0,
               of_all = 4.0 * rounds(shape.ranks()) *
                        (c.between.alpha(true) + 8.0 * (d * micro_batches + 2) * (1 / c.between.bytes_per_second + 3 / c.sum_bytes_per_second()));
  EXPECT_GT(many.seconds, one.seconds - update);
  EXPECT_LT(many.seconds, one.seconds + exchanged + staged + added + of_all);
  expect_work(many, shape);
}

}  // namespace hybrid_grid
