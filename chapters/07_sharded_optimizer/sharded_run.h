// A network that is trained on some data at one level of sharding, step by step: what train.cpp does, as an object, for the
// programs and tests that compare levels.
#pragma once

#include "chapters/01_serial/head.h"
#include "chapters/07_sharded_optimizer/zero.h"

// Images of `features` pixels by `rows` samples with labels, all random but the same in every run: enough where only the
// cost of a step counts.
Dataset random_dataset(size_t features, size_t rows);

class ShardedRun {
 public:
  // sizes[0] must be data.features().  `data` must outlive the run.  Memory is counted on `device`.
  ShardedRun(Device& device, const Dataset& data, const std::vector<int>& sizes, size_t batch_rows,
             const OptimizerOptions& optimizer, const ZeroOptions& options, MPI_Comm comm);

  // One step on each batch of the data in order; returns the sum of their mean losses.  Collective, as all that follows.
  double epoch();
  // One step on data rows `batch`; returns its mean loss.
  double step(Range batch);
  std::vector<float> weights();
  size_t count_correct();

  const std::vector<float>& initial() const { return initial_; }
  Zero& zero() { return zero_; }

 private:
  const Dataset& data_;
  size_t batch_rows_;
  std::vector<uint32_t> order_;
  std::vector<float> initial_;
  MPI_Comm comm_;
  Mlp mlp_;
  SoftmaxHead head_;
  Zero zero_;
};
