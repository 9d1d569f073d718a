// A network spread over a grid of ranks, and its training step: chapter 08's pipeline, chapter 09's slices in each of its
// stages, chapter 07's sharded update over the copies.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "chapters/08_layer_splitting/pipeline.h"
#include "chapters/09_tensor_parallel/tensor_parallel.h"
#include "chapters/10_hybrid/gradient_scale.h"
#include "chapters/10_hybrid/grid.h"
#include "chapters/10_hybrid/segments.h"
#include "chapters/10_hybrid/sharded_update.h"
#include "chapters/10_hybrid/split_pipeline_head.h"

// What decides the shape and the bits of the training, beside the grid.
struct HybridSettings {
  std::vector<int> sizes;
  size_t batch = 128;     // the most rows of a batch
  int micro_batches = 1;  // of a whole batch: each data rank computes some of them
  bool reproducible = false;
  std::string schedule = "1f1b";
  int chunks = 1;  // of layers on each stage: more than one for the interleaved schedule
  std::string allreduce = "rank-order";  // of chapter 05, over the tensor ranks
  OptimizerOptions optimizer;
  int keep_every = 1;  // activations of a chunk: see chapter 01's Space
  std::string exchange = "host";   // between GPUs: "auto", "peer", "mpi" from GPU to GPU, wherever that can be
  bool two_level = false;          // between data ranks: see sharded_update.h
  std::vector<int> nodes = {};     // with two_level: a name for the node of each rank of the grid, for tests; empty: what MPI says
  // For chapter 11: what the gradients of data ranks travel as, if not as floats; and in how many bytes the device stores an activation,
  // which estimates ask for.
  std::optional<MessageFormat> gradients_as = {};
  size_t activation_bytes = 4;

  int rows() const { return int((batch + size_t(micro_batches) - 1) / size_t(micro_batches)); }  // of a micro-batch
};

// The layers at a place of the grid.  Throws Error if there are fewer layers than stages times chunks.
StageLayout stage_layout(const HybridSettings& settings, const GridShape& shape, const GridPlace& place);
// The steps of the pipeline at this place: it depends on the data rank, since some have one micro-batch more than others.
Schedule stage_schedule(const HybridSettings& settings, const GridShape& shape, const GridPlace& place);

// The data ranks at this place, by settings.nodes; where it names none, all on one node.
Nodes data_nodes(const HybridSettings& settings, const GridShape& shape, const GridPlace& place);

class HybridModel {
 public:
  // Collective over the grid, as all that follows.
  HybridModel(Device& device, const Grid& grid, const HybridSettings& settings);

  // Weights as chapter 01 has them for this seed.
  void initialize(uint64_t seed);

  struct StepResult {
    double loss;  // of the batch, its mean
    int signal;   // that some rank has received, or 0
  };
  // One optimizer step. signal: what this rank has received (chapter 12): it travels with the loss, in 16 bytes more of
  // an allreduce that there is anyway. All ranks get the same result.
  StepResult step(const Dataset& data, std::span<const uint32_t> order, Range batch, int signal = 0);

  // For chapter 11, skip it now: all steps from here on have gradients that are scale.value() times too large, until they are added. Where
  // one is not finite then, on any rank, no rank takes the step: all know it by a number beside the loss.  Keeps a reference.
  void scale_gradients(GradientScale& scale);

  // How many samples are classified correctly: exactly as many as on one rank.
  size_t count_correct(const Dataset& data);

  // The weights of the whole network, on every rank, in chapter 01's order.
  std::vector<float> weights();
  // Sets them: `whole` (all weights of the network) is the same on every rank.  The optimizer's state stays.
  void set_weights(std::span<const float> whole);

  // For checkpoints: what this rank writes (every number of the file is on one rank), and what it needs to read.
  std::vector<Segment> segments_to_write();
  std::vector<Segment> segments_to_read();
  int vectors() const;             // parameters and state
  void set_steps(uint64_t steps);  // that the optimizer has taken

  const Grid& grid() const { return grid_; }
  const HybridSettings& settings() const { return settings_; }
  Device& device() const { return device_; }
  const Pipeline& pipeline() const { return pipeline_; }
  const ShardedUpdate& update() const { return update_; }

  // What goes from GPU to GPU, on all ranks; of slices, stages, data ranks: those of which there are several.  Collective.
  struct Ways {
    std::string between_gpus, by_mpi, through_host;  // for people: "slices, stages"
  };
  Ways ways() const;
  size_t waits_for_messages() const;  // by MPI from and into its GPU's memory: how often the host has waited for its GPU, so far

  // Where the time of the steps went, on this rank, in seconds.
  struct Time {
    double computing = 0, waiting = 0, copying = 0;
  };
  Time time() const;

 private:
  std::unique_ptr<PipelineHead> make_head();
  void attach_tensor_ranks();
  std::vector<Segment> segments(Copies copies, bool whole_parameters);

  Device& device_;
  const Grid& grid_;
  HybridSettings settings_;
  StageLayout layout_;
  Buffer<> parameters_, gradients_;
  SplitPipelineHead* split_head_ = nullptr;
  Pipeline pipeline_;
  std::deque<TensorParallel> tensor_;  // by chunk; none with one tensor rank
  ShardedUpdate update_;
  GradientScale* scale_ = nullptr;
  double waiting_ = 0;  // for the loss
};
