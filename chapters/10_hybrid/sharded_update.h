// From the gradients of several data ranks to new weights: chapter 07's ZeRO level 1, for one position (stage, slice) of the
// grid.
//
// Each of these ranks owns a part of every layer, and the optimizer's state of that part alone. Gradients travel to their
// owners, the owner adds them and takes the optimizer's step, new weights travel back to all.
//
// Nobody waits for the other stages. The gradients of a chunk of layers leave when its last micro-batch is done, and a
// stage that has finished exchanges and updates while the stages before it still compute.
//
// What is added, and in which order, ((a + b) + c) + ...:
//   usually        one contribution of each data rank: the sum of its micro-batches, added up while they were computed
//   reproducible   one contribution of each micro-batch of the whole batch, in their order: then the bits do not depend on
//                  how many data ranks there are. Costs memory for each of them, and as many messages.
// Ranks and micro-batches without rows contribute nothing.
#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include "chapters/01_serial/optimizer.h"
#include "chapters/06_data_parallel/exchange.h"
#include "chapters/07_sharded_optimizer/shards.h"
#include "chapters/08_layer_splitting/pipeline.h"

// The micro-batches of the whole batch that data rank `rank` of `ranks` computes: neighbours.
inline Range own_micro_batches(int micro_batches, int ranks, int rank) {
  return share(size_t(micro_batches), size_t(ranks), size_t(rank));
}

// One unit for each layer of the stage, at its place in the stage's flat vector.
Shards stage_shards(const StageLayout& layout, int data_ranks);

// How many gradients of the whole stage a data rank keeps, and how many contributions of others can come to it.
size_t kept_gradients(int micro_batches, bool reproducible, int ranks, int rank);
size_t foreign_contributions(int micro_batches, bool reproducible, int ranks, int rank);

class ShardedUpdate {
 public:
  // Hooks itself on to the pipeline, which must live longer and has (layout.count) parameters.  gradients:
  // (kept_gradients(...), layout.count).  The ranks of `data` are those with the same stage and slice.  micro_batches: of
  // the whole batch.
  ShardedUpdate(Pipeline& pipeline, float* parameters, float* gradients, const OptimizerOptions& optimizer,
                int micro_batches, bool reproducible, MPI_Comm data);
  ~ShardedUpdate();
  ShardedUpdate(const ShardedUpdate&) = delete;
  ShardedUpdate& operator=(const ShardedUpdate&) = delete;

  // Before pipeline.run; micro_batches: the rows of every micro-batch of the whole batch.
  void begin(std::span<const Range> micro_batches);
  // After it: new weights, the same on all ranks of `data`.  Collective over them.
  void finish();

  // This rank's part of unit u is the range shards().part(u, rank()) of the flat vectors; its state lies apart.
  const Shards& shards() const { return shards_; }
  int rank() const { return rank_; }
  Optimizer& optimizer(size_t unit) { return optimizers_[unit]; }
  const ExchangeTime& time() const { return time_; }

 private:
  // Number `number` of those that `rank` keeps.
  struct Contribution {
    int rank, number;
  };
  std::vector<Contribution> contributions(std::span<const Range> micro_batches) const;
  Write place_gradients(int chunk, int micro_batch);
  void send(int chunk, int number);
  void post_receives();
  float* part_of(const Contribution& contribution, size_t foreign, size_t unit) const;
  float* add_up(size_t unit);
  void gather_weights(size_t unit);

  Pipeline& pipeline_;
  Device& device_;
  float *parameters_, *gradients_;
  int micro_batches_;
  bool reproducible_;
  MPI_Comm comm_;
  int rank_, ranks_;
  Shards shards_;
  std::vector<size_t> first_unit_;  // by chunk
  std::vector<Optimizer> optimizers_;
  Buffer<> operands_;  // what others contribute to this rank's shard
  ExchangeTime time_;

  // Of this step.
  std::vector<Contribution> contributions_;
  std::vector<int> number_of_;  // by this rank's micro-batches: which of its kept gradients it is
  std::vector<MPI_Request> receives_, sends_;
};
