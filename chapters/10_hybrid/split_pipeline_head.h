// The head of a pipeline's last stage whose layers are cut over tensor ranks: chapter 09's head in chapter 08's place for it.
#pragma once

#include <optional>

#include "chapters/08_layer_splitting/pipeline.h"
#include "chapters/09_tensor_parallel/split_evaluation.h"
#include "chapters/09_tensor_parallel/split_head.h"

class SplitPipelineHead : public PipelineHead {
 public:
  // A pipeline is made with its head, the head needs the pipeline's last Mlp: so this comes after, and before any use.  places: for how
  // many micro-batches labels and losses are kept.
  void attach(TensorParallel& tensor, int places) {
    tensor_ = &tensor;
    places_ = places;
    head_.emplace(tensor, Space{.rows = tensor.mlp().space().rows, .slots = places});
  }

  void backward(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows, size_t batch_rows,
                int slot, int m) override {
    head_->load_labels(data, order, rows, m % places_);
    head_->backward(mlp, batch_rows, slot, m % places_);
  }
  double loss(Mlp& mlp, size_t batch_rows, int, int m) override { return head_->loss(mlp, batch_rows, m % places_); }
  bool keeps_losses() const override { return true; }

  size_t count_correct(Mlp&, const Dataset& data, Range rows, int slot) override {
    const std::vector<int> guesses = guess_classes(*tensor_, slot);
    size_t correct = 0;
    for (size_t r = 0; r < rows.size(); ++r) correct += guesses[r] == int(data.labels[rows.first + r]);
    return correct;
  }

 private:
  TensorParallel* tensor_ = nullptr;
  int places_ = 1;
  std::optional<SplitSoftmaxHead> head_;
};
