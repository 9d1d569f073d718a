// What stands behind the last layer of a pipeline: the loss, its gradient, and the answer.
#pragma once

#include <span>

#include "chapters/01_serial/head.h"

// What the last stage does with the network's output. SoftmaxPipelineHead is the usual one; where the classes are split
// over ranks (chapter 10) there is another.
class PipelineHead {
 public:
  virtual ~PipelineHead() = default;
  // Writes mlp.output_gradient(slot): of the mean loss over batch_rows rows, of which `rows` are in this slot.
  virtual void backward(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows, size_t batch_rows,
                        int slot) = 0;
  // These rows' part of that mean loss; after backward.
  virtual double loss(Mlp& mlp, size_t batch_rows, int slot) = 0;
  // How many of data's samples `rows`, whose outputs are in this slot, are classified correctly.
  virtual size_t count_correct(Mlp& mlp, const Dataset& data, Range rows, int slot) = 0;
};

class SoftmaxPipelineHead : public PipelineHead {
 public:
  SoftmaxPipelineHead(Device& device, Space space) : head_(device, space) {}
  void backward(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows, size_t batch_rows,
                int slot) override;
  double loss(Mlp& mlp, size_t batch_rows, int slot) override;
  size_t count_correct(Mlp& mlp, const Dataset& data, Range rows, int slot) override;

 private:
  SoftmaxHead head_;
};
