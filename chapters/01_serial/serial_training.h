// Chapter 01's training as an object, one step at a time: for benchmarks and for the comparisons of later chapters, skip it
// now. The loop to read is train.cpp.
#pragma once

#include <span>
#include <vector>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"

class SerialTraining {
 public:
  // A network of these sizes with the initial weights of `seed`; rows: of the largest micro-batch.
  SerialTraining(Device& device, const std::vector<int>& sizes, const OptimizerOptions& optimizer, int rows, uint64_t seed);

  // One step on the samples order[batch], in so many micro-batches; returns the mean loss of the batch.  rate_scale
  // multiplies the learning rate.
  double step(const Dataset& data, std::span<const uint32_t> order, Range batch, int64_t micro_batches = 1,
              double rate_scale = 1);

  std::vector<float> weights() const;  // (layout().count)
  void set_weights(const std::vector<float>& weights);
  const Layout& layout() const { return layout_; }
  Mlp& mlp() { return mlp_; }

 private:
  Device& device_;
  Layout layout_;
  Buffer<> parameters_, gradients_;
  Mlp mlp_;
  SoftmaxHead head_;
  Optimizer optimizer_;
  double clip_norm_;
};
