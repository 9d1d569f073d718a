// What can be chosen for a data-parallel run, beside the choices of chapter 01.
#pragma once

#include "chapters/04_point_to_point/serial_run.h"

struct DataParallelOptions : TrainOptions {
  int ranks;                             // that share each batch
  std::string allreduce = "rank-order";  // how gradients are summed: a name of chapter 05's table
  int64_t bucket_kib = 0;                // exchange gradients in pieces of this size; 0: all at once
  std::string exchange = "auto";         // through what gradients go from GPU to GPU: auto, host, peer or mpi
  int64_t chunk_kib = 1024;              // through host memory one chunk of this size is copied while another one travels
  bool overlap = false;                  // send a piece as soon as it is ready, while backward goes on
  bool reproducible = false;             // add whole micro-batches in global order, whatever the number of ranks
  int64_t reference_batch = 0;           // scale the learning rate by batch / reference_batch; 0: do not
  double warm_up = 0;                    // epochs over which the learning rate rises to its full value
  int64_t watch = 500;                   // compare the replicas every so many steps; 0: never
  bool compare_with_serial = false;
  std::string trace;

  explicit DataParallelOptions(int ranks) : ranks(ranks) {}
  void declare(Options& options);
  // As in chapter 01; also checks that the choices fit together.  Throws Error.
  void apply(Dataset& train) const;

  // Whether GPUs can add what these choices ask for, in chapter 05's peer window or by an MPI that takes pointers into their memory; whether
  // chunks through host memory may have sums of their own.
  bool fits_gpus() const { return device == "cuda" && allreduce == "rank-order" && !reproducible; }
  bool fits_chunks() const;

  // Rows of the largest part of a micro-batch that one rank computes.
  int largest_micro_batch() const;
  // By what the learning rate is multiplied in step `step`, counted from 0. Both rules: Goyal et al., "Accurate, large
  // minibatch SGD: training ImageNet in 1 hour", 2017, section 2. A pure function: the serial run uses it, too.
  double rate_scale(size_t step, size_t steps_per_epoch) const;
  RateScale rates() const {  // the same, as the serial run takes it
    return [o = *this](size_t step, size_t steps_per_epoch) { return o.rate_scale(step, steps_per_epoch); };
  }
};
