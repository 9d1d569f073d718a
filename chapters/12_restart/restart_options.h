// What can be chosen for a run that may be interrupted, beside the choices of chapters 10 and 11.
#pragma once

#include <memory>

#include "chapters/10_hybrid/hybrid_options.h"
#include "chapters/11_fewer_bits/precision_options.h"
#include "chapters/12_restart/checkpoint_folder.h"

struct RestartOptions : HybridOptions, PrecisionOptions {
  std::string messages = "float";  // in what gradients travel between data ranks
  std::string checkpoint;  // folder; empty: none
  int64_t save_every = 0;  // steps; 0: at the end of each epoch
  int64_t keep = 3;
  double disk_patience = 30;  // seconds; also for an earlier run that still has the folder
  int64_t plan = 0;           // ranks; 0: to train, and not only to ask
  bool resume = false, start_over = false;

  using HybridOptions::HybridOptions;

  void declare(Options& options);

  // As in chapter 10, but finds the checkpoint to continue from first, and takes its micro-batches if nothing else is said.
  // Collective.  Throws Error: choices that do not fit together, or not to the checkpoint; a folder with checkpoints, of which
  // nobody said what is to become of them.
  void apply(Dataset& train, int ranks_of_node, int node_rank = 0);

  // What determines the run and must be equal where it is continued. Another precision is allowed: the numbers of a file are floats.
  CheckpointHeader header(uint64_t step) const;

  // After apply: what to continue from; its file is empty for a fresh start.
  CheckpointFolder::Found found;
  std::string only_bits;  // how the two runs differ that changes the last bits only, a line each

 private:
  void find_checkpoint();

  std::string data_;
  std::shared_ptr<const FolderLock> lock_;  // until the run's end
};
