// What can be chosen for a tensor-parallel run, beside the choices of chapter 01.
#pragma once

#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/train_options.h"

struct TensorOptions : TrainOptions {
  int rank, ranks;                       // that share each layer
  std::string allreduce = "rank-order";  // how activations and their gradients are summed: see TensorParallel
  std::string exchange = "auto";         // between GPUs
  int64_t chunk_kib = 1024;              // through host memory: see TensorParallel
  bool compare_with_serial = false;
  std::string trace;

  TensorOptions(int rank, int ranks) : rank(rank), ranks(ranks) {}
  void declare(Options& options);
  // As in chapter 01; also checks that the choices fit together.  Throws Error.
  void apply(Dataset& train) const;
  size_t longest_piece() const { return size_t(chunk_kib) * 1024 / sizeof(float); }

  // This rank's slice of each layer.
  Layout layout(const Dataset& train) const;
  // With --trace: shows each layer of mlp as a block.  Before any other hooks.
  void show_layers(Mlp& mlp) const;
};
