// Runs of chapter 06 for its tests: small ones, by train.cpp's loop, beside the serial run, and the bound for the distance between them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "chapters/05_collectives/table.h"
#include "chapters/06_data_parallel/data_parallel.h"
#include "chapters/06_data_parallel/gpu_exchange.h"
#include "common/compare.h"
#include "common/philox.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"
#include "tests/small_data.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

inline int world_rank() {
  int rank;
  MPI_CHECK(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  return rank;
}

inline int world_size() {
  int size;
  MPI_CHECK(MPI_Comm_size(MPI_COMM_WORLD, &size));
  return size;
}

// 35-23-17-10, 1416 parameters: pieces of 1 KiB cut through layers.
inline DataParallelOptions small_run(int ranks, int64_t batch) {
  DataParallelOptions o(ranks);
  o.hidden = {23, 17};
  o.batch = batch;
  o.epochs = 2;
  o.watch = 3;
  return o;
}

// The last batch is short, where the batch allows it.
inline size_t samples_for(int64_t batch) { return batch == 1 ? 7 : size_t(2 * batch + batch / 2); }

inline const std::vector<int64_t> batches_to_try = {1, 5, 64, 128, 130};

struct ParallelRun {
  std::vector<float> weights;
  std::vector<float> gradients;  // of the last step
  double loss;                   // of the last batch
  std::string way;  // Exchange::way
  bool between_gpus;
  size_t waits_by_mpi = 0;  // of all steps, for what is handed to MPI; see Count
  size_t exchange_bytes = 0;         // of the device, at most
  std::vector<unsigned long> waits;  // of the host for a GPU, in each step, without those for the input; empty where nobody counts
};

inline unsigned long waits_so_far() { return &cuda_on_cpu_waits ? cuda_on_cpu_waits : 0; }

struct Unusual {
  size_t gradients_begin = 0;  // so far behind the beginning of their allocation
  bool reads_no_loss = false;
  bool buckets_run_at_once = false;  // not as late as they may
};

// The loop of train.cpp.
inline ParallelRun train_in_parallel(const DataParallelOptions& o, const Dataset& train, MPI_Comm comm = MPI_COMM_WORLD, Unusual unusual = {}) {
  const std::unique_ptr<Device> device = test_device(o.device);
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const GradientMemory memory(*device, unusual.gradients_begin + layout.count, o.allreduce, comm);
  float* const gradients = memory.data() + unusual.gradients_begin;
  device->fill(gradients, NAN, layout.count);
  ParallelRun run{std::vector<float>(layout.count), std::vector<float>(layout.count), 0, "", false, 0, 0, {}};
  initialize(run.weights.data(), layout, uint64_t(o.seed));
  device->copy_in(parameters.data(), run.weights.data(), layout.count);

  const Space space{.rows = o.largest_micro_batch()};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  Optimizer optimizer(*device, o.optimizer, layout.count);
  const std::unique_ptr<Exchange> exchange = make_exchange(o, train.count, mlp, head, gradients, comm);
  run.way = exchange->way();
  run.between_gpus = run.way == " from GPU to GPU";
  const auto on_gpus = dynamic_cast<GpuExchange*>(exchange.get());
  if (on_gpus && unusual.buckets_run_at_once && mlp.hooks.after_backward)
    mlp.hooks.after_backward = [on_gpus, hook = mlp.hooks.after_backward](int layer, int slot) {
      hook(layer, slot);
      on_gpus->collectives().wait();
    };

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
    for (const Range batch : batches(train.count, size_t(o.batch))) {
      run.loss = 0;
      unsigned long waits = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = exchange->begin(batch, m);
        if (rows.empty()) continue;
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        const unsigned long before = waits_so_far();
        mlp.forward(int(rows.size()));
        head.backward(mlp, batch.size());
        mlp.backward(write);
        if (!unusual.reads_no_loss) run.loss += head.loss(mlp, batch.size());
        write = Write::accumulate;
        waits += waits_so_far() - before;
      }
      const unsigned long before = waits_so_far();
      run.loss = exchange->finish(run.loss);
      optimizer.step(parameters, gradients, exchange->rate_scale());
      run.waits.push_back(waits + waits_so_far() - before);
    }
  }
  if (on_gpus) run.waits_by_mpi = on_gpus->collectives().counted().waits;
  exchange->compare_replicas();
  run.exchange_bytes = device->memory(Purpose::exchange).peak;
  device->copy_out(run.weights.data(), parameters.data(), layout.count);
  device->copy_out(run.gradients.data(), gradients, layout.count);
  return run;
}

inline SerialRun train_serially(const DataParallelOptions& o, const Dataset& train, Device& device) {
  return run_serially(o, train, device, o.rates());
}

inline SerialRun serial_with(DataParallelOptions o, const Dataset& train, int64_t micro_batches) {
  o.micro_batches = micro_batches;
  return train_serially(o, train, *make_cpu_device());
}

// How far correct programs may be apart: ten times what the serial run differs from itself when the rows of a batch are
// summed in other orders. Not zero even where these orders agree (batch 1): one rounding of a weight near 1 is 6e-8.
inline double bound_for(const DataParallelOptions& o, const Dataset& train, const SerialRun& serial) {
  double largest = 6e-8;
  for (int64_t m : {2, 3, 5, 8})
    largest = std::max(largest, compare(serial_with(o, train, m).weights, serial.weights).max_abs);
  return 10 * largest;
}

// Training that moves nothing agrees with everything.
inline bool moved(const SerialRun& run) { return compare(run.weights, run.initial).max_abs > 1e-3; }

// Ranks on several hosts share no memory. What needs it must say so on every rank, and is left out then.
inline bool refused_across_hosts(const DataParallelOptions& o, const Dataset& train) {
  if (!find_allreduce(o.allreduce).needs_window || on_one_host()) return false;
  const std::string error = error_of([&] { train_in_parallel(o, train); });
  EXPECT_ON_ALL_RANKS(error.find("do not share memory") != std::string::npos) << error;
  return true;
}
