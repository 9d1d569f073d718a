#include "chapters/06_data_parallel/data_parallel_options.h"

#include <algorithm>

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/table.h"
#include "chapters/06_data_parallel/background_allreduce.h"
#include "common/error.h"

void DataParallelOptions::declare(Options& options) {
  TrainOptions::declare(options, device_names);
  declare_clip_norm(options);
  options.add("allreduce", &allreduce, "how gradients are summed over ranks", allreduce_names());
  options.add("bucket-kib", &bucket_kib, "size of the pieces in which gradients travel, 0 for one piece",
              between(0, 1 << 20));
  options.add("exchange", &exchange, "how gradients go between GPUs: host memory, each other's, MPI with their pointers; auto: peer, else mpi, where it can be",
              {"auto", "host", "peer", "mpi"});
  options.add("chunk-kib", &chunk_kib, "through host memory, without --overlap: one chunk of this size is copied while another one travels",
              between(1, 1 << 20));
  options.add("overlap", &overlap, "send each piece while backward still computes the next");
  options.add("reproducible", &reproducible, "the same bits on any number of ranks: needs --micro-batches");
  options.add("reference-batch", &reference_batch, "scale the learning rate by batch / N, 0 for not at all", at_least(0));
  options.add("warm-up", &warm_up, "epochs in which the learning rate rises to its value", between(0, 1000));
  options.add("watch", &watch, "compare the weights of all ranks every N steps, 0 for never", at_least(0));
  options.add("compare-with-serial", &compare_with_serial, "train again on rank 0 alone, and compare");
  options.add("trace", &trace, "write a timeline of all ranks to this file");
}

void DataParallelOptions::apply(Dataset& train) const {
  TrainOptions::apply(train);
  if (overlap && reproducible)
    throw Error("--overlap: --reproducible adds whole micro-batches in order and sends nothing before the last one");
  if ((exchange == "peer" || exchange == "mpi") && !fits_gpus())
    throw Error("--exchange " + exchange + ": needs --device cuda and --allreduce rank-order, and goes not with --reproducible");
  if (overlap && !runs_in_background(allreduce))
    throw Error("--overlap: --allreduce " + allreduce + " cannot run in the background, only " + background_names());
}

bool DataParallelOptions::fits_chunks() const {
  return device != "cpu" && !overlap && !reproducible && !find_allreduce(allreduce).order_depends_on_position;
}

int DataParallelOptions::largest_micro_batch() const {
  const int rows = TrainOptions::largest_micro_batch();
  return reproducible ? rows : (rows + ranks - 1) / ranks;
}

double DataParallelOptions::rate_scale(size_t step, size_t steps_per_epoch) const {
  const double by_batch = reference_batch > 0 ? double(batch) / double(reference_batch) : 1;
  const double steps = warm_up * double(steps_per_epoch);
  return by_batch * (steps > 0 ? std::min(1.0, double(step + 1) / steps) : 1.0);
}
