// What can be chosen for a training run on simulated ranks, and what is told of it in the end.
#pragma once

#include "chapters/01_serial/train_options.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/10_hybrid/hybrid_model.h"
#include "chapters/13_scaling/simulation.h"

struct SimulatedTraining : TrainOptions {
  std::string cluster = "two_cores", products;
  int64_t replicas = 2, pipeline = 1, tensor = 1;
  bool reproducible = false, compare_with_serial = false;
  std::string trace;

  SimulatedTraining() {
    micro_batches = 0;  // as many as replicas
    epochs = 1;
  }
  void declare(Options& options);
  // As in chapter 01; then completes the choices.  Throws Error.
  void apply(Dataset& train);
  Cluster load() const;
  HybridSettings settings(const Dataset& train) const;

  GridShape grid;

  // Simulated seconds of the training steps.
  double seconds = 0;
  // Time on the cluster, speedup over one rank of it, and the distance to the serial run.  Returns the exit status.
  int tell(const Simulated& simulated, const Dataset& train, std::span<const float> weights) const;
};
