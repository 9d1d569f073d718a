// How the ranks make one gradient out of many, between backward and the optimizer.
//
//   for each micro-batch m:  rows = exchange->begin(batch, m);  if there are any: forward, backward
//   loss = exchange->finish(loss);           now gradients and loss are those of the whole batch, on every rank
//   optimizer.step(parameters, gradients, exchange->rate_scale());
//
// Every rank calls all of it, with the same arguments, also where it has no rows: the others wait for it.
// The gradient of a row is already divided by the rows of the whole batch (SoftmaxHead::backward), so gradients are
// only ever added. Dividing by the number of ranks would be wrong as soon as they have different numbers of rows.
#pragma once

#include <mpi.h>

#include <memory>

#include "chapters/01_serial/head.h"
#include "chapters/06_data_parallel/data_parallel_options.h"

// Where the time of the exchange went, on this rank, in seconds.
struct ExchangeTime {
  double exchanging = 0;  // in MPI: sending, receiving, waiting there for other ranks; and adding what arrived
  double copying = 0;     // between the device and memory that MPI can use
};

class Exchange {
 public:
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // This rank's rows of micro-batch m of this batch, maybe none. Prepares what backward will write.
  virtual Range begin(Range batch, int m) = 0;

  // Sums gradients and loss over all ranks, shortens a gradient that is longer than --clip-norm, and every now and then compares
  // the replicas.  loss_scale: for chapter 11, by which the gradients have been multiplied.
  // Throws Error, on all ranks, if their weights are no longer the same: see replicas.h.
  double finish(double loss, double loss_scale = 1);

  // For Optimizer::step, after finish.
  double rate_scale() const { return options_.rate_scale(steps_ - 1, steps_per_epoch_); }

  // See replicas.h. Collective; finish calls it now and then.
  void compare_replicas() const;

  const ExchangeTime& time() const { return time_; }
  // How gradients go from GPU to GPU, for people; empty: through memory of the host.
  virtual const char* way() const { return ""; }
  MPI_Comm communicator() const { return comm_; }

 protected:
  Exchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm);

  // The sum over ranks of what backward left in gradients_ (mlp.layout().count), in place; returns that of the losses.
  virtual double sum_over_ranks(double loss) = 0;

  float* view() const { return device_.host_view(gradients_, mlp_.layout().count); }  // the gradients, as MPI sees them

  DataParallelOptions options_;
  Mlp& mlp_;
  Device& device_;
  float* gradients_;
  MPI_Comm comm_;
  int rank_, ranks_;
  ExchangeTime time_;

 private:
  size_t steps_ = 0, steps_per_epoch_;
};

// The exchange that the options ask for. gradients (mlp.layout().count). samples: of an epoch. Uses mlp.hooks, so the Mlp
// must stay where it is. Collective over comm.
std::unique_ptr<Exchange> make_exchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, SoftmaxHead& head,
                                        float* gradients, MPI_Comm comm = MPI_COMM_WORLD);
