// How long is a training step of chapter 10's program on a cluster? It is run there, without contents.
#pragma once

#include "chapters/10_hybrid/hybrid_model.h"
#include "chapters/13_scaling/simulation.h"

struct StepTime {
  GridShape shape;
  int micro_batches = 1;
  double seconds = 0;     // of a step
  double computing = 0;   // of these, the mean over ranks
  double operations = 0;  // of all ranks, in one step
  size_t messages = 0;    // of all ranks, in one step
  double bytes = 0;
  double memory = 0;  // of the rank that needs most, bytes
  Work work;          // of the whole simulation
  double samples_per_second(size_t batch) const { return double(batch) / seconds; }
};

struct StepOptions {
  int steps = 2;        // that are timed, after one that is not
  int slow_rank = -1;   // a rank that computes more slowly than the others
  double slowness = 1;  // how much
  std::string trace;    // a file for the timeline
};

// Simulates some steps of the network in `settings` on the grid. The first step of a run has no other before it that its
// messages could wait for, so it is left out.
// Throws Error: a rank needs more memory than it has, the grid does not fit the network.
StepTime simulate_step(const Cluster& cluster, const HybridSettings& settings, const GridShape& shape,
                       const StepOptions& options = {});

// The grids of `ranks` ranks that this network can have: tensor ranks share a node, every stage has a layer, every data
// rank a row. With the micro-batches that chapter 10 would try. The fastest first; those that need too much memory are left
// out and counted.
struct GridSearch {
  std::vector<StepTime> grids;
  int too_large = 0;
};
GridSearch search_grids(const Cluster& cluster, const HybridSettings& settings, int ranks);
