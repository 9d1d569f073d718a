// What can be chosen for a run over stages, beside the choices of chapter 01.
#pragma once

#include "chapters/01_serial/train_options.h"
#include "chapters/08_layer_splitting/partition.h"
#include "chapters/08_layer_splitting/schedule.h"
#include "chapters/08_layer_splitting/stage_layout.h"

struct PipelineOptions : TrainOptions {
  int stages;                     // the ranks
  std::string schedule = "1f1b";  // one of schedule_names
  int64_t chunks = 1;             // of layers, on each stage
  std::vector<int64_t> split;     // how many layers each chunk has; empty: balanced
  int64_t recompute = 1;          // keep every so many-th activation only, and compute the others again
  std::string exchange = "auto";  // through what activations go from GPU to GPU: auto, host, peer or mpi
  bool compare_with_serial = false;
  std::string trace;

  explicit PipelineOptions(int stages) : stages(stages) { micro_batches = 8; }
  void declare(Options& options);
  // As in chapter 01; also checks what belongs to schedule and split.  Throws Error.
  void apply(Dataset& train) const;

  // The layers of every chunk of the network.
  std::vector<Range> layers(const std::vector<int>& sizes) const;
  StageLayout layout(const std::vector<int>& sizes, int stage) const;
  Schedule make_schedule() const;
};
