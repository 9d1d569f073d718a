// Ways to exchange gradients, timed in turns with chapter 01's training.
//
// The speed of a machine drifts. So all settings live in one group of processes and take turns, a few steps each, with the
// serial step among them on rank 0; quotients taken within one round drift less than times.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chapters/01_serial/serial_training.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/06_data_parallel/data_parallel.h"

// A model and all that trains it, kept between rounds.
class Trainer {
 public:
  Trainer(const DataParallelOptions& options, const Dataset& train, std::unique_ptr<Device> device = make_cpu_device());
  void step();
  // Seconds of an exchange to which all ranks come at once, with nothing to hide it. After a step.
  double exchange_alone();
  double exchanged() const { return exchange_->time().exchanging; }  // seconds so far
  size_t parameters() const { return layout_.count; }
  std::vector<float> weights() const;  // (parameters())

 private:
  DataParallelOptions options_;
  const Dataset& train_;
  std::unique_ptr<Device> device_;
  Layout layout_;
  Buffer<> parameters_;
  GradientMemory gradients_;
  Mlp mlp_;
  SoftmaxHead head_;
  Optimizer optimizer_;
  std::vector<uint32_t> order_;
  std::vector<Range> batches_;  // whole ones
  std::unique_ptr<Exchange> exchange_;
  size_t next_ = 0;
};

struct Setting {
  std::string name;
  std::unique_ptr<Trainer> trainer;
  std::vector<double> step, speedup, exchanging, alone;  // one entry a round; seconds per step
  std::vector<double> of_limit;                          // its speedup, as a share of Rounds::limit
};
// train must outlive the setting.
Setting make_setting(const std::string& name, const DataParallelOptions& options, const Dataset& train,
                     std::unique_ptr<Device> device = make_cpu_device());

// What all settings of a measurement have in common.
struct Rounds {
  std::vector<double> serial;   // seconds of a serial step, one entry a round
  std::vector<double> limit;    // how many of them the cores make in that time while every rank makes its own, alone
  std::vector<double> latency;  // nanoseconds from core to core; none where ranks have hosts of their own
  double lost = 0;              // see CoreShare
};

// The serial step has the network of `serial` and its batch.  Collective over MPI_COMM_WORLD.
Rounds take_turns(std::vector<Setting>& settings, const DataParallelOptions& serial, const Dataset& train, int64_t rounds,
                  int64_t steps, const MpiSession& mpi);

// Hosts of a cluster do not: then there is no shared window, and no latency between cores.
inline bool share_memory(const MpiSession& mpi) { return mpi.node_size() == mpi.size(); }
