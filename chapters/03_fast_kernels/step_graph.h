// A training step as one launch.
//
// Starting a kernel costs the host a few microseconds, and a small layer computes for less than that: then the GPU waits
// for the host. A CUDA graph is a recorded list of operations that starts with one call. Capturing means to run the code
// that queues the operations while the stream writes them down instead of executing them.
//
// What is recorded is recorded with its arguments: sizes, pointers, numbers. So there is one graph for each combination of
// those that change, and what changes every step (Adam's step number) stays outside.
#pragma once

#include <functional>
#include <map>
#include <tuple>

#include "chapters/01_serial/device.h"
#include "chapters/02_cuda/stream.h"

class StepGraph {
 public:
  // On another device than this chapter's nothing is recorded: the operations just run.
  explicit StepGraph(Device& device);
  ~StepGraph();
  StepGraph(const StepGraph&) = delete;
  StepGraph& operator=(const StepGraph&) = delete;

  // All that the operations depend on.
  struct Arguments {
    int rows;           // of this micro-batch
    size_t batch_rows;  // of its batch
    Write write;
    int slot;
    auto operator<=>(const Arguments&) const = default;
  };

  // Queues `operations` on the device. The first time for these arguments it calls the function and records what it queues; later
  // it replays the record and does not call the function. The function may only queue operations on the device: no copies
  // from or to the host, no allocation, no waiting.
  void run(const Arguments& arguments, const std::function<void()>& operations);

  size_t recorded() const { return graphs_.size(); }

 private:
  cudaStream_t stream_ = nullptr;  // null: no graphs
  std::map<Arguments, struct CUgraphExec_st*> graphs_;
};
