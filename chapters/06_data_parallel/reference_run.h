// Chapter 01's training, for comparison: the truth that a parallel run is held against.
#pragma once

#include <vector>

#include "chapters/06_data_parallel/data_parallel_options.h"

struct ReferenceRun {
  std::vector<float> initial, weights;
  double loss = 0;     // of the last batch
  double seconds = 0;  // of training
};

// Trains on this process alone, with the choices that concern the arithmetic (seed, batch, micro_batches, optimizer,
// learning rate and its warm-up) and none of those that concern ranks. No communication.
ReferenceRun train_serially(const DataParallelOptions& o, const Dataset& train, Device& device);
