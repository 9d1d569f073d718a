// A training step that needs nothing from the host: data set, batches, losses and the number of the step lie on the GPU.
//
//   host    | start | start | start |   ...   | read the losses of these steps
//   GPU       gather, forward, loss, backward, update, next | gather, forward, ...
//
// So a step is one graph (step_graph.h), its update too, and the host need not wait before it starts the next. What changes from step to
// step is read from device memory: which sample of the epoch is the next, and which step of the epoch this is.
//
// On another device than this chapter's the same is done by chapter 01's operations, one after another. The bits are the same.
//
// MNIST as bytes is 47 MB. For data that do not fit there is prefetch.h.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/03_fast_kernels/step_graph.h"

class FastCudaDevice;

class WholeStep {
 public:
  // For steps on batches of `data`, each in micro_batches parts.  parameters and gradients: those of mlp.
  WholeStep(Mlp& mlp, const Dataset& data, const OptimizerOptions& options, float* parameters, float* gradients, int micro_batches);
  ~WholeStep();

  // The order of the samples of the epoch that begins.  The losses of the epoch before have been read.
  void begin_epoch(std::span<const uint32_t> order, size_t batch);
  // Queues a step on the next batch of the epoch.
  void run(Range batch);

  // The mean loss of each step since losses() was called last, and its rows.  Waits for the device.
  struct StepLoss {
    double loss;
    size_t rows;
  };
  std::vector<StepLoss> losses();
  size_t unread() const { return unread_.size(); }

 private:
  struct OnGpu;  // null on another device
  void run_plainly(Range batch);
  void queue_on_gpu(size_t rows);

  Mlp& mlp_;
  const Dataset& data_;
  OptimizerOptions options_;
  float *parameters_, *gradients_;
  size_t micro_batches_;
  SoftmaxHead head_;
  Optimizer optimizer_;
  StepGraph graph_;
  std::span<const uint32_t> order_;
  size_t read_ = 0;                 // steps of this epoch whose losses have been read
  std::vector<StepLoss> unread_;    // on the GPU the losses come later
  std::unique_ptr<OnGpu> on_gpu_;
};
