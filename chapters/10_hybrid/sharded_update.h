// From the gradients of several data ranks to new weights: chapter 07's ZeRO level 1, for one position (stage, slice) of the
// grid.
//
// Each layer is cut into one part for each data rank; a rank's parts of all layers are its shard. It owns the optimizer's
// state of its shard alone. Gradients travel to their owners, the owner adds them and takes the optimizer's step, new
// weights travel back to all. What is added, and in which order, is said in terms.h.
//
// Nobody waits for the other stages. The gradients of a chunk of layers leave when its last micro-batch is done, and a
// stage that has finished exchanges and updates while the stages before it still compute.
//
// Given nodes, gradients and weights travel in two levels (chapter 05): the ranks of a node are added first, when the stage is done.
// But `reproducible` names the order of the sum: then only the weights do.
//
// Given a format of 16 bits, each term is rounded, this rank's own one, too, and the owner adds them in floats. Weights stay floats.
// With one data rank there is nothing to send, and nothing is rounded; but `reproducible` means the same bits there, too. In two levels
// the sums of nodes are rounded, in place of terms: floats travel inside a node.
//
// Between GPUs of one node (sharded_update_between_gpus.cpp) owners add the gradients where they were computed, and write new weights
// to where they are needed. No host waits. Given nodes, they do so inside each node, and the sums of nodes and the weights for others
// travel between nodes, from GPU to GPU if MPI takes their pointers, else by way of the host: it waits for its GPU twice a step. Where
// GPUs do not reach each other, MPI is between all of them, and the host waits twice a step, in two levels four times. Rounded and `reproducible` sums go through the host.
#pragma once

#include <mpi.h>

#include <optional>
#include <span>
#include <vector>

#include "chapters/01_serial/message_format.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/05_collectives/gpu_collectives.h"
#include "chapters/05_collectives/two_level_halves.h"
#include "chapters/06_data_parallel/exchange.h"
#include "chapters/07_sharded_optimizer/shards.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "chapters/10_hybrid/terms.h"

// Chapter 07's cut of the stage's flat vector, with one unit for each of its layers.
Shards stage_shards(const StageLayout& layout, int data_ranks);

// Floats that `rank` has between GPUs for the sums of its node, in two levels.
size_t floats_of_node_sums(const Shards& shards, const Nodes& nodes, int rank);

// With limit > 0 the gradient of the whole network, of all ranks of `grid`, is shortened to this length where it is longer. slice: of
// the layers. What every slice holds, the biases of layers that are cut by rows, is counted by slice 0.
struct Clipping {
  double limit = 0;
  MPI_Comm grid = MPI_COMM_NULL;
  int slice = 0;
};

class ShardedUpdate {
 public:
  // Hooks itself on to the pipeline, which must live longer and has (layout.count) parameters.  gradients:
  // (own_terms(...), layout.count), both the beginning of an allocation where they go between GPUs.  The ranks of `data` are those with the same stage and slice.  micro_batches: of the
  // whole batch.
  ShardedUpdate(Pipeline& pipeline, float* parameters, float* gradients, const OptimizerOptions& optimizer,
                int micro_batches, bool reproducible, MPI_Comm data, const Clipping& clipping = {}, const Nodes& nodes = {},
                std::optional<MessageFormat> format = {}, const std::string& exchange = "host");
  ~ShardedUpdate();
  ShardedUpdate(const ShardedUpdate&) = delete;
  ShardedUpdate& operator=(const ShardedUpdate&) = delete;

  // Before pipeline.run; micro_batches: the rows of every micro-batch of the whole batch.
  void begin(std::span<const Range> micro_batches);
  // After it: new weights, the same on all ranks of `data`.  Collective over them.
  void finish();
  // For chapter 11, skip it now: the halves of finish. The sums are there, and have been looked at: this rank's part of them is finite.
  // Then a step with sums that are `scale` times too large, or none.
  void add_up();
  bool finite() const;
  void take_step(double scale = 1);
  void skip_step();

  // This rank's part of layer l of the stage is the range shards().part(l, rank()) of the flat vectors; its state lies apart.
  const Shards& shards() const { return shards_; }
  int rank() const { return rank_; }
  Optimizer& optimizer(size_t layer) { return optimizers_[layer]; }
  const ExchangeTime& time() const { return time_; }
  bool between_gpus() const { return gradients_window_ != nullptr; }
  bool by_mpi() const { return between_gpus() && !gradients_window_->by_peers(); }
  size_t moved_between_gpus() const;  // floats that this rank read and wrote elsewhere
  size_t waits_for_messages() const;  // of the host for its GPU, by MPI from and into its memory

 private:
  Write place_gradients(int chunk, int micro_batch);
  void send(int chunk, int number);
  void post_receives();
  void progress();
  float* part_of(const Term& term, size_t received, size_t layer) const;
  uint16_t* rounded(const Term& term, size_t received, size_t layer);
  bool adds_in_two_levels() const { return !nodes_.empty() && !reproducible_; }
  float* add_up(size_t layer);
  float* add_up_in_two_levels(size_t layer);
  float* add_up_rounded(size_t layer);
  float clip_factor();
  void copy_out_weights();
  void gather_weights(size_t layer);
  void open_windows(const std::string& exchange);
  std::vector<GpuCollectives::Part> parts_of(int near);
  void add_up_between_gpus();
  void gather_between_gpus();
  void add_up_between_nodes();
  void gather_between_nodes();
  float* mpi_view(float* p, size_t n);
  void show_to_mpi(std::span<const Range> ranges, float* memory);
  void take_from_mpi(std::span<const Range> ranges, float* memory);

  Pipeline& pipeline_;
  Device& device_;
  float *parameters_, *gradients_;
  int micro_batches_;
  bool reproducible_;
  MPI_Comm comm_;
  Clipping clipping_;
  Nodes nodes_;  // of the data ranks; empty: one level
  int rank_, ranks_;
  std::optional<MessageFormat> format_;  // none: nothing is rounded
  Shards shards_;
  std::vector<size_t> first_layer_;  // by chunk
  std::vector<Optimizer> optimizers_;
  Buffer<> received_;  // this rank's shard of other ranks' terms; in two levels chapter 05's memory for a layer
  Buffer<> rounded_;   // this rank's own terms: two numbers in the place of a float, as those received then
  ExchangeTime time_;
  // Between GPUs; in two levels those of a node.
  std::unique_ptr<GpuCollectives> gradients_window_, weights_window_;
  size_t waits_between_nodes_ = 0;
  CudaDevice* direct_ = nullptr;  // if messages between nodes go from and into its memory
  Buffer<> node_sums_, from_nodes_;  // this node's sum of the shards that this rank stands for; of other nodes, for its own

  // Of this step.
  std::vector<Term> terms_;
  std::vector<int> number_of_;  // by this rank's micro-batches: which of its terms it is; -1 without rows
  std::vector<float*> sums_;    // this rank's part of each layer
  std::vector<MPI_Request> receives_, sends_;
};
