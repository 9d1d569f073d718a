// The executor: runs any schedule, one rank a stage.
//
// It walks the list of actions that actions.h derives from the schedule. Everything that must be kept for the backward
// pass of a micro-batch lies in the slot of that micro-batch: inputs, activations, the gradient that comes in and the one
// that goes out. Messages go from slot to slot, so no two micro-batches share a buffer while both are under way.
#pragma once

#include <mpi.h>

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "chapters/02_cuda/gpu_clock.h"
#include "chapters/05_collectives/gpu_collectives.h"
#include "chapters/05_collectives/peer_mailbox.h"
#include "chapters/08_layer_splitting/actions.h"
#include "chapters/08_layer_splitting/pipeline_head.h"
#include "chapters/08_layer_splitting/stage_layout.h"

// What others may hang on to a pipeline, beside the hooks of its Mlps. All are empty at first. `chunk` counts this stage's
// chunks from 0: mlp(chunk) is the one.
struct PipelineHooks {
  // Before the backward pass of a micro-batch (in halves: the second one): whether its gradients overwrite what is there or are
  // added. Where this is empty, the first micro-batch that has rows overwrites. May place the gradients elsewhere first
  // (Mlp::place_gradients).
  std::function<Write(int chunk, int micro_batch)> before_backward;
  // After each of them.
  std::function<void(int chunk, int micro_batch)> after_backward;
  // For chapter 11, skip it now: the head has written the gradient of the output, and nobody has read it yet.
  std::function<void(Mlp& mlp, int slot)> after_head;
  // After the last of the step: the chunk's gradients are complete and may leave, while this and other stages still work.
  std::function<void(int chunk)> gradients_complete;
};

// Where the time went, on this rank, in seconds. The GPU's computing is what its own clock says of the passes that are over (GpuClock);
// it may compute while the host, whose time the others are, waits. Waiting for an output that is to be sent is none of them.
struct PipelineTime {
  double computing = 0;  // forward and backward, with the loading of images and labels, and looks at messages in between
  double waiting = 0;    // for messages
  double copying = 0;    // between the device and memory that MPI can use
  double total = 0;      // of the steps
};

class Pipeline {
 public:
  // parameters, gradients: (layout.count) each, in memory of `device`.  rows: the most that a micro-batch will have.  The
  // ranks of comm are the stages; comm carries no other messages meanwhile.  exchange: through memory of the host, or "auto",
  // "peer", "mpi": from GPU to GPU (pipeline_between_gpus.cpp), where that can be.  head: of the last stage; null for softmax.
  Pipeline(Device& device, const Schedule& schedule, const StageLayout& layout, float* parameters, float* gradients,
           int rows, MPI_Comm comm, const std::string& exchange = "host", std::unique_ptr<PipelineHead> head = nullptr);
  ~Pipeline() { device_.meanwhile = {}; }  // after an error messages may still be under way
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // One batch, cut into the schedule's micro-batches: leaves the gradients of this stage's layers, and returns the batch's
  // mean loss on every rank. data and order: of the whole epoch, the same on every rank.  Collective, as all that follows.
  double step(const Dataset& data, std::span<const uint32_t> order, Range batch);

  // The same with given rows for each of the schedule's micro-batches, of a batch of batch_rows rows of which other pipelines
  // may hold more. Micro-batches without rows are left out; where none has any, the gradients are zero. Returns the part
  // of the loss that these rows make, on the last stage; 0 on the others.
  double run(const Dataset& data, std::span<const uint32_t> order, std::span<const Range> micro_batches,
             size_t batch_rows);

  // How many of the samples `rows` the network classifies correctly, on the last stage, 0 on the others.
  size_t count_correct(const Dataset& data, Range rows);
  // Of all samples, on every rank.
  size_t count_correct(const Dataset& data);

  // After run, on the last stage: the loss of each micro-batch (0 where it has no rows).
  const std::vector<double>& losses() const { return losses_; }

  Mlp& mlp(int chunk) { return mlps_[size_t(chunk)]; }
  int chunks() const { return int(mlps_.size()); }
  const Schedule& schedule() const { return schedule_; }
  const StageLayout& layout() const { return layout_; }
  Device& device() const { return device_; }
  MPI_Comm communicator() const { return comm_; }
  int stage() const { return stage_; }
  bool last_stage() const { return stage_ == schedule_.stages - 1; }
  bool between_gpus() const { return mailboxes_[0] != nullptr; }
  bool by_mpi() const { return direct_ != nullptr; }
  const char* way() const { return between_gpus() || by_mpi() ? way_between_gpus(between_gpus()) : ""; }  // for people
  // By MPI from and into a GPU's memory: how often the host has waited for its GPU, once for each message that is sent or will be received.
  size_t waits_for_messages() const { return waits_for_messages_; }
  // Whether the host waits for its GPU at the end of a step only: between GPUs, and on one GPU that has all stages.
  bool waits_late() const { return waits_late_; }
  // Of the messages of one direction, between GPUs.
  const PeerMailbox::Count& counted(Pass pass) const { return mailboxes_[size_t(pass)]->counted(); }
  PipelineTime time() const;

  PipelineHooks hooks;

 private:
  // What is being run.
  struct Batch {
    const Dataset& data;
    std::span<const uint32_t> order;
    std::span<const Range> micro_batches;
    size_t rows = 0;
    int first = -1, last = -1;  // the first and last micro-batch that have rows
  };
  void walk(const std::vector<Action>& actions, const Batch& batch, bool training);
  void post_receive(const Action& action, size_t rows);
  void receive(const Action& action, size_t rows);
  enum class When { in_time, early };
  void send(const Action& action, size_t rows, When when);
  void wait_for_send(const Step& step);
  void wait_for_sends();
  void progress();
  void go_between_gpus(const std::string& exchange);
  void open_mailboxes(CudaDevice& gpu);
  size_t in_floats(const float* p, size_t n) const;
  void wait_for_gpu();
  void load_images_early(const Step& step, const Batch& batch);
  void read_losses(const Batch& batch);
  void forward(const Step& step, const Batch& batch, bool training);
  void backward(const Step& step, const Batch& batch);

  // A step's input or output, as it lies in the slot of its micro-batch.
  struct Place {
    float* data;
    size_t width;
  };
  Place input_of(const Step& step);
  Place output_of(const Step& step);
  int local(int chunk) const { return chunk / schedule_.stages; }
  Mlp& mlp_of(const Step& step) { return mlp(local(step.chunk)); }
  bool has_head(const Step& step) const { return step.chunk == schedule_.chunks() - 1; }
  enum class Way { out, in };
  MPI_Request& request_of(const Step& step, Way way);

  Device& device_;
  Schedule schedule_;
  StageLayout layout_;
  int rows_;
  MPI_Comm comm_;
  int stage_;
  float* gradients_;
  std::vector<Action> actions_;
  std::deque<Mlp> mlps_;
  std::unique_ptr<PipelineHead> head_;
  std::vector<MPI_Request> requests_;  // by way, pass, chunk of this stage, slot: the last one from there, the one to there
  Step step_;                  // that is being computed
  enum class Sending { nothing, copying, posted } sending_ = Sending::nothing;  // how far its output is on its way
  std::vector<double> losses_;
  size_t correct_ = 0;
  PipelineTime time_;
  bool waits_late_ = false;
  std::unique_ptr<GpuClock> clock_;  // of a GPU
  // Between GPUs.
  std::unique_ptr<PeerMailbox> mailboxes_[2];  // by pass
  CudaDevice* direct_ = nullptr;               // or MPI reads and writes this one's memory
  size_t waits_for_messages_ = 0;
  Buffer<> images_;                            // of all micro-batches, on stage 0, where the host waits late
};
