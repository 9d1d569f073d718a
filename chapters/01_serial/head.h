// The head of the network: softmax cross-entropy. It reads the last layer's output, writes its gradient and tells the
// loss. It stands apart from Mlp, because in a pipeline only the last process has one.
#pragma once

#include <vector>

#include "chapters/01_serial/mlp.h"
#include "common/dataset.h"

class SoftmaxHead {
 public:
  // Room for the labels and losses of `space.slots` micro-batches of at most `space.rows` rows.
  SoftmaxHead(Device& device, Space space);

  // The labels of the samples that this slot's micro-batch holds.
  void load_labels(const Dataset& data, std::span<const uint32_t> order, Range rows, int slot = 0);

  // Writes mlp.output_gradient(slot): the gradient of the *mean loss over the batch of batch_rows rows*, of which this
  // micro-batch holds some. So gradients of micro-batches, on one process or many, need only be added.
  void backward(Mlp& mlp, size_t batch_rows, int slot = 0);

  // This micro-batch's part of that mean loss: the sum over its rows, ascending, in double precision, divided by
  // batch_rows.  Waits for the device.
  double loss(Mlp& mlp, size_t batch_rows, int slot = 0);

 private:
  struct Slot {
    Buffer<int> labels;
    Buffer<> losses;
  };
  std::vector<Slot> slots_;
  std::vector<int> host_labels_;
  std::vector<float> host_losses_;
};

// Copies the images of `rows` into mlp.input(slot).
void load_images(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows, int slot = 0);

// How many of the samples [rows.first, rows.last) of `data` the network classifies correctly: the largest output wins,
// the lowest class among equals. An exact count, however the samples are divided over calls or processes.
size_t count_correct(Mlp& mlp, const Dataset& data, Range rows);
