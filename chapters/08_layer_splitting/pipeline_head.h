// What stands behind the last layer of a pipeline: the loss, its gradient, and the answer.
#pragma once

#include <span>
#include <vector>

#include "chapters/01_serial/head.h"

// What the last stage does with the network's output. SoftmaxPipelineHead is the usual one; where the classes are split
// over ranks (chapter 10) there is another.
class PipelineHead {
 public:
  virtual ~PipelineHead() = default;
  // Writes mlp.output_gradient(slot): of the mean loss over batch_rows rows, of which `rows` are in this slot: micro-batch m.
  virtual void backward(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows, size_t batch_rows,
                        int slot, int m) = 0;
  // These rows' part of that mean loss; once after each backward.  Waits for the device.
  virtual double loss(Mlp& mlp, size_t batch_rows, int slot, int m) = 0;
  // How many of data's samples `rows`, whose outputs are in this slot, are classified correctly.
  virtual size_t count_correct(Mlp& mlp, const Dataset& data, Range rows, int slot) = 0;
  // Between GPUs all losses of a step are asked for at its end.
  virtual bool keeps_losses() const { return false; }
};

// As chapter 01's.
class SoftmaxPipelineHead : public PipelineHead {
 public:
  // Keeps labels and losses of `places` micro-batches, of at most `rows` rows each: of m until m + places comes.
  SoftmaxPipelineHead(Device& device, int rows, int places);
  void backward(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows, size_t batch_rows,
                int slot, int m) override;
  double loss(Mlp& mlp, size_t batch_rows, int slot, int m) override;
  size_t count_correct(Mlp& mlp, const Dataset& data, Range rows, int slot) override;

 protected:
  struct Place {
    Buffer<int> labels;
    Buffer<> losses;
    size_t rows = 0;
  };
  Place& place_of(int m) { return places_[size_t(m) % places_.size()]; }
  static void write_gradient(Mlp& mlp, Place& place, size_t batch_rows, int slot);
  static double mean(const float* losses, size_t rows, size_t batch_rows);

  std::vector<Place> places_;
  std::vector<int> host_labels_;
  std::vector<float> host_losses_;
};
