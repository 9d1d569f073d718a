// The serial run, to compare with: the loop of chapter 01 as a function, and the lines with which every parallel program
// ends: how far from the serial run, how much faster.
#pragma once

#include <mpi.h>

#include <functional>
#include <span>
#include <vector>

#include "chapters/01_serial/device.h"
#include "chapters/01_serial/train_options.h"

struct SerialRun {
  std::vector<float> initial, weights;  // before and after training
  double loss = 0;                      // of the last batch
  double seconds = 0;                   // without evaluation and initialization
};

// What multiplies the learning rate at a step, counted from 0 over all epochs.
using RateScale = std::function<double(size_t step, size_t steps_per_epoch)>;

// Trains as chapter 01 does with these options, without evaluation, in this process, on this device.
SerialRun run_serially(const TrainOptions& options, const Dataset& train, Device& device, const RateScale& scale = {});
// On a device of the kind that the options name.
SerialRun run_serially(const TrainOptions& options, const Dataset& train, const RateScale& scale = {});

// How the weights of a parallel run must agree with those of the serial run.
enum class Agreement { same_bits, bounded };

// Rank 0 runs serially and prints the distance, the speedup and the efficiency (speedup / ranks); the other ranks sleep
// meanwhile, so that the serial run has the machine for itself. `weights` and `parallel_seconds` count on rank 0.
// Returns the exit status on every rank: 1 if the runs do not agree, or if training did not move the weights.  A run of 0
// epochs is compared with nothing.
// bound: for Agreement::bounded, the largest allowed |a - b|.
int compare_with_serial_run(const TrainOptions& options, const Dataset& train, std::span<const float> weights,
                            double parallel_seconds, Agreement agreement, double bound, MPI_Comm comm);

// Where sums may have another order than in the serial run: trains serially on this process and says how far the weights are
// from that: no bit where the order is the same, else (by Distance::relative) no more than ten times what another order does
// to the serial run itself.  seconds: of the parallel run on `ranks` ranks, for the speedup; 0: not to be told.
// Returns the exit status: 1 if they are further apart.
int tell_distance_to_serial(const TrainOptions& options, bool same_order, int ranks, const Dataset& train,
                            std::span<const float> weights, double seconds, const RateScale& scale = {});

// Calls work() on rank 0 while the other ranks sleep; its result, on every rank.  Collective.
int on_rank_0(MPI_Comm comm, const std::function<int()>& work);
