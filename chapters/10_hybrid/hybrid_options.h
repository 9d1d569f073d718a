// What can be chosen for a run on a grid, beside the choices of chapter 01.
#pragma once

#include "chapters/01_serial/train_options.h"
#include "chapters/10_hybrid/plan.h"

struct HybridOptions : TrainOptions {
  int ranks;
  int64_t replicas = 0, pipeline = 0, tensor = 0;  // the grid; 0: chosen
  std::string schedule = "1f1b";
  int64_t chunks = 1;
  bool reproducible = false;
  int64_t levels = 0;      // of the exchange between data ranks: 1 or 2 (chapter 05); 0: chosen
  int64_t recompute = 0;   // keep every so many-th activation; 0: chosen, all of them where they fit
  int64_t memory_mib = 0;  // of a rank; 0: its share of its GPU's, or of the node's
  std::string machine;     // see machine_file.h
  std::string exchange = "auto";  // between GPUs
  bool compare_with_serial = false;
  std::string trace;

  explicit HybridOptions(int ranks) : ranks(ranks) { micro_batches = 0; }

  void declare(Options& options);
  // As in chapter 01; then chooses the grid and the micro-batches where they are not given.  Collective; rank 0 tells what was
  // chosen, and why.  Throws Error: choices that do not fit together.
  void apply(Dataset& train, int ranks_of_node, int node_rank = 0);

  HybridSettings settings() const;

  // For chapter 11: see HybridSettings.
  std::optional<MessageFormat> gradients_as;
  size_t activation_bytes = 4;

  // After apply.
  GridShape grid;
  size_t samples = 0;  // to train on

 private:
  void choose_grid(int ranks_of_node, int node_rank);

  std::vector<int> sizes_;
};

// Bytes that a rank may use, if all of a node take as much: of its GPU's memory, or of the node's.  Collective; the least of all ranks.
double share_of_memory(const std::string& device, int node_rank, int ranks_of_node);
