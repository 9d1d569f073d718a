// The head of a network whose classes are spread over ranks: softmax cross-entropy without gathering the logits.
//
//   p_j = exp(z_j - m) / s,   m = max over all j of z_j,   s = sum over all j of exp(z_j - m)
//
// m and s are all that a row's classes need to know of each other. So the ranks exchange two numbers a row, not the
// row: each takes the maximum of its own columns, MAX over ranks; each adds up its exponentials, SUM over ranks. With
// these a rank computes the gradient of its own columns. The loss log(s) + m - z_t is known in parts: whoever holds
// class 0 has log(s), whoever holds the label's column has m - z_t.
//
// Where the last layer is cut by rows, the sum behind it has left whole logits on every rank, and each computes it
// all.
#pragma once

#include <vector>

#include "chapters/09_tensor_parallel/tensor_parallel.h"
#include "common/dataset.h"

// As SoftmaxHead, and called in the same way; backward and loss are collective over the ranks of `tensor`.
class SplitSoftmaxHead {
 public:
  // tensor must live longer. Its Mlp ends with the last layer of the network.  For labels and losses of a micro-batch there are
  // `space.slots` places: that with the number of its slot, or another one.
  SplitSoftmaxHead(TensorParallel& tensor, Space space);

  // The labels of the micro-batch's samples, of all classes.  Between GPUs the host does not wait: it may ask for the place's next
  // labels when it has read the loss.
  void load_labels(const Dataset& data, std::span<const uint32_t> order, Range rows, int place = 0);

  // Writes mlp.output_gradient(slot), a share of the columns or whole as mlp.output(slot) is: the gradient of the
  // mean loss over the batch of batch_rows rows.
  void backward(Mlp& mlp, size_t batch_rows, int slot, int place);
  void backward(Mlp& mlp, size_t batch_rows, int slot = 0) { backward(mlp, batch_rows, slot, slot); }

  // This micro-batch's part of that mean loss, the same on every rank.  Waits for the device.
  double loss(Mlp& mlp, size_t batch_rows, int place = 0);

 private:
  struct Place {
    Buffer<int> labels;
    Buffer<> losses;
    size_t rows = 0;
  };
  TensorParallel& tensor_;
  std::vector<Place> places_;
  Buffer<> maximum_, sum_;  // (rows) each, only while backward runs
  std::vector<int> host_labels_;
  std::vector<float> host_losses_;
};
