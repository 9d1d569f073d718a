// The serial run, to compare with: the loop of chapter 01 as a function, and the lines with which every parallel program
// ends: how far from the serial run, how much faster.
#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include "chapters/01_serial/train_options.h"

struct SerialRun {
  std::vector<float> initial, weights;  // before and after training
  double seconds = 0;                   // without evaluation and initialization
};

// Trains as chapter 01 does with these options, without evaluation, in this process, on a device of the same kind.
SerialRun run_serially(const TrainOptions& options, const Dataset& train);

// How the weights of a parallel run must agree with those of the serial run.
enum class Agreement { same_bits, bounded };

// Rank 0 runs serially and prints the distance, the speedup and the efficiency (speedup / ranks); the other ranks sleep
// meanwhile, so that the serial run has the machine for itself. `weights` and `parallel_seconds` count on rank 0.
// Returns the exit status on every rank: 1 if the runs do not agree, or if training did not move the weights.  A run of 0
// epochs is compared with nothing.
// bound: for Agreement::bounded, the largest allowed |a - b|.
int compare_with_serial_run(const TrainOptions& options, const Dataset& train, std::span<const float> weights,
                            double parallel_seconds, Agreement agreement, double bound, MPI_Comm comm);
