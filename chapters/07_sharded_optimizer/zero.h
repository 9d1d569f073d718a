// Data parallel training in which the ranks share what they would otherwise all keep: ZeRO, the "zero redundancy
// optimizer" of Rajbhandari et al., SC 2020.
//
//   level   every rank keeps, of n parameters                          communication of a step
//     0     everything: plain data parallelism                         reduce gradients to owners, gather gradients
//     1     the optimizer's state for its shard only                   reduce gradients to owners, gather weights
//     2     ... and gradients for its shard, and one unit at a time    the same
//     3     ... and weights for its shard, and one unit at a time      gather weights twice, reduce gradients to owners
//           (with prefetch two)
//
// Every level computes the same bits: the owner of an element adds its gradients in the order of the micro-batches of the
// whole batch, ((g0 + g1) + g2) + ..., as chapter 01 does with the same number of micro-batches. But in two levels (chapter 05) the
// ranks of a node are added first, so their sums are: ((g0 + g1) + (g2 + g3)) + ... on nodes of two ranks. Then too the levels of
// sharding and the units change no bit, but where the ranks are does.
#pragma once

#include <mpi.h>

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/05_collectives/gpu_collectives.h"
#include "chapters/05_collectives/two_level_halves.h"
#include "chapters/05_collectives/words.h"
#include "chapters/07_sharded_optimizer/shards.h"
#include "common/options.h"

struct ZeroOptions {
  int64_t level = 1;
  int64_t unit = 1;           // the fewest parameters that travel together, see make_units
  int64_t micro_batches = 1;  // of a whole batch
  bool prefetch = false;      // level 3: a unit's weights are gathered while the unit before it computes
  bool two_level = false;     // gradients and weights travel in two levels
  std::vector<int> nodes = {};  // with two_level: a name for each rank's node, for tests; empty: what MPI says
  std::string exchange = "auto";  // between GPUs: peer, mpi, through host memory: host, or auto: the first of them that can be
  int64_t chunk_kib = 1024;       // through host memory: pieces of at most so much of longer units, see zero_in_pieces.cpp
  int64_t recompute = 1;          // the Mlp keeps every so many-th activation, see Space, and computes the others again
  // For chapter 11, skip it now: what gradients and weights travel as, if not as floats, from level 1 on. See zero_in_sixteen_bits.cpp.
  std::optional<MessageFormat> format = {};

  // Declares all but micro_batches, nodes and format as command-line options.
  void declare(Options& options);
};

class Zero {
 public:
  // For the layers of `mlp`, which was made without parameters and gradients: Zero owns both and places them layer by
  // layer, through the hooks of mlp.  So mlp.backward is collective, and mlp.forward, too, at level 3: all ranks of
  // `comm` call them equally often.  `comm` carries no other messages meanwhile.
  Zero(Mlp& mlp, const OptimizerOptions& optimizer, const ZeroOptions& options, MPI_Comm comm);
  ~Zero();
  Zero(const Zero&) = delete;
  Zero& operator=(const Zero&) = delete;

  // weights (layout.count) on the host, the same on every rank: each keeps what it needs.
  void load(std::span<const float> weights);
  // The weights of all ranks, to the host of each.  Collective.
  void save(std::span<float> weights);

  // Rank r's part of round k is micro-batch k · ranks + r. A batch takes rounds() rounds.
  int rounds() const;
  // Before each round: returns the rows of this rank's micro-batch. Where they are empty the rank takes part with 0 rows, so
  // that the others find their partner, but adds nothing to the sum.
  Range begin_round(Range batch, int round);
  // After the last round: new weights from the sum of all gradients.  Collective.
  void step();

  const Shards& shards() const { return shards_; }
  int rank() const { return rank_; }
  // This rank's part of a unit: its weights, with a format the masters of them; and, before step, the sum of its gradients.
  float* own_weights(size_t unit) const;
  float* own_gradients(size_t unit) const;

  // Whether gradients and weights go from GPU to GPU (zero_between_gpus.cpp); how, for people; and what this rank has counted so far.
  bool between_gpus() const { return gradients_window_ != nullptr; }
  const char* way() const { return between_gpus() ? gradients_window_->way() : ""; }
  GpuCollectives::Count counted_between_gpus() const;

 private:
  void allocate(const OptimizerOptions& optimizer);
  void set_hooks();
  void begin_gathering(size_t unit);
  void gather_weights(size_t unit);
  void gather_ahead(size_t next);
  size_t next_going_back(size_t unit) const;
  bool needs_weights(size_t unit) const;
  void free_weights(size_t unit);
  void make_gradients(size_t unit);
  void free_gradients(size_t unit);
  void reduce(size_t unit);
  void reduce_in_two_levels(size_t unit);
  void open_windows();
  void keep_freed_memory(bool keep);
  void reduce_between_gpus(size_t unit);
  void post_receives(size_t unit);
  void receive_operands(size_t unit);
  void send_parts(const float* gradients, size_t unit);
  void clip_gradients();
  struct Gathered;
  size_t pieces_of(size_t unit) const;
  Range piece(size_t unit, int rank, size_t number) const;
  void receive_operands_in_pieces(size_t unit);
  void begin_pieces_out(float* whole, size_t unit);
  void begin_messages_in_pieces(float* whole, size_t unit, Gathered& g);
  void end_messages_in_pieces(float* whole, size_t unit, Gathered& g);
  void place_parts(float* all);
  void begin_allgather(float* whole, const float* mine, size_t unit, Gathered& g);
  void begin_messages(float* whole, size_t unit, Gathered& g);
  void end_allgather(float* whole, size_t unit, Gathered& g);
  void allocate_words();
  void load_rounded(std::span<const float> weights);
  uint16_t* words(Buffer<>& memory) const;
  uint16_t* rounded_operand(int rank, size_t unit);
  void reduce_rounded(size_t unit);
  void begin_rounded_allgather(size_t unit, Gathered& g);
  void end_rounded_allgather(float* whole, size_t unit, Gathered& g);

  Range part(size_t unit) const { return shards_.part(unit, rank_); }
  float* unit_gradients(size_t unit) const;
  float* operand(int rank, size_t unit) const;

  Mlp& mlp_;
  Device& device_;
  ZeroOptions options_;
  double clip_norm_;
  MPI_Comm comm_;
  int rank_ = 0, ranks_ = 1;
  Shards shards_;
  Nodes nodes_;  // empty: messages know no nodes

  Buffer<> parameters_;          // level 3: the shard; below: all
  Buffer<> gradients_;           // from level 2 on: the shard; below: all
  Buffer<> sums_;                // below level 2, where a batch takes several rounds: the shard's gradients so far
  std::vector<Optimizer> optimizers_;         // one a unit: for this rank's part, at level 0 for the whole unit
  // Level 3: the weights of the unit in use. With prefetch there are two places, allocated once, for units with an even and with
  // an odd number: while one computes, the next one's arrive in the other place. Between GPUs a place is allocated once, too: the
  // others have it open.
  struct Gathered {
    Buffer<> memory;
    TwoLevelGather messages;
    std::deque<Pending> pieces;
    std::shared_ptr<GpuCollectives> window;  // between GPUs
    Buffer<> words;                      // with a format: the unit as it travels
    TwoLevelWords word_messages;
    bool begun = false;
  };
  Gathered gathered_[2];
  Gathered& gathered(size_t unit) { return gathered_[options_.prefetch ? unit % 2 : 0]; }
  bool places_stay() const { return options_.prefetch || between_gpus(); }
  Buffer<> computed_gradients_;  // from level 2 on: of the unit in use
  Buffer<> operands_;            // (ranks - 1, largest part): what the other ranks add to this rank's part; in two levels see nodes.h

  // With a format. Below level 3 each rank has rounded weights, and the masters of its shard apart.
  Buffer<> masters_, rounded_;  // rounded_: this rank's gradients of a unit
  PendingWords word_messages_;  // of the unit that is being reduced

  Pending messages_;               // of the unit that is being reduced
  bool has_views_ = false;          // MPI reads and writes views of floats, not this memory itself
  bool operands_are_read_ = false;  // the host has not waited since they were copied in: their views may still be read
  Gathered gathering_;             // of the unit whose new weights are being gathered
  std::vector<int> contributors_;  // the ranks that have rows in this round, ascending
  bool first_round_ = true;        // whether the sum begins in this round
  bool goes_back_ = false;         // backward has begun: a layer's forward is one that is computed again
  std::shared_ptr<GpuCollectives> gradients_window_;  // between GPUs, over the memory that backward writes
};
