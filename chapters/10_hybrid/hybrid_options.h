// What can be chosen for a run on a grid, beside the choices of chapter 01.
#pragma once

#include "chapters/01_serial/train_options.h"
#include "chapters/10_hybrid/checkpoint_folder.h"
#include "chapters/10_hybrid/plan.h"

struct HybridOptions : TrainOptions {
  int ranks;
  int64_t replicas = 0, pipeline = 0, tensor = 0;  // the grid; 0: chosen
  std::string schedule = "1f1b";
  int64_t chunks = 1;
  bool reproducible = false;
  int64_t memory_mib = 0;  // of a rank; 0: its share of the node's
  std::string machine;     // what messages cost here: a file that chapter 05's bench has written
  std::string checkpoint;  // folder; empty: none
  int64_t save_every = 0;  // steps; 0: at the end of each epoch
  int64_t keep = 3;
  bool resume = false;
  bool compare_with_serial = false;
  std::string trace;

  explicit HybridOptions(int ranks) : ranks(ranks) { micro_batches = 0; }

  void declare(Options& options);
  // As Options::parse; but `--data 2` with a number says how many ranks share the batch, like --replicas 2. With anything
  // else it is the folder of the data set, as in all programs.
  bool parse(Options& options, int argc, char** argv, bool quiet);

  // As in chapter 01; then completes the choices: finds the checkpoint to continue from, chooses the grid and the
  // micro-batches (those of the checkpoint, if nothing else is said).  Collective; rank 0 tells what was chosen, and why.
  // Throws Error: choices that do not fit together, or not to the checkpoint.
  void apply(Dataset& train, int ranks_of_node);

  HybridSettings settings() const;
  // What determines the run and must be equal where it is continued.
  CheckpointHeader header(uint64_t step) const;

  // After apply.
  GridShape grid;
  CheckpointFolder::Found found;  // what to continue from; its file is empty for a fresh start

 private:
  void find_checkpoint();
  void choose_grid(int ranks_of_node);

  std::vector<int> sizes_;
  size_t samples_ = 0;
};
