// Training over stages for the tests of chapter 08: small networks, on any device, beside the serial run with the same micro-batches.
#pragma once

#include <map>
#include <numeric>

#include "chapters/01_serial/optimizer.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/08_layer_splitting/check.h"
#include "chapters/08_layer_splitting/partition.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "tests/late_device.h"
#include "tests/micro_batches.h"
#include "tests/mpi_expect.h"

namespace stage_runs {

inline int ranks() { return ranks_of(MPI_COMM_WORLD); }
inline int rank() { return rank_of(MPI_COMM_WORLD); }

// Sixteen layers, no two neighbours alike.
inline const std::vector<int> sixteen_layers = {13, 11, 9, 12, 7, 10, 8, 11, 9, 14, 10, 12, 8, 9, 11, 13, 10};

// 29 rows, then 9: fewer than twelve micro-batches want.
constexpr size_t samples = 38, batch_rows = 29;

struct Training {
  std::string schedule = "1f1b";
  int chunks = 1, micro_batches = 1, keep_every = 1;
  std::vector<int> sizes = sixteen_layers;
  std::string device = "cpu";
  size_t rows = samples, batch = batch_rows;
  std::string exchange = "host";
  std::string text() const {
    return schedule + ", " + std::to_string(chunks) + " chunks, " + std::to_string(micro_batches) + " micro-batches on " + device;
  }
};

struct Trained {
  std::vector<float> initial, weights;
  std::vector<double> losses;  // of the steps
  size_t correct = 0;          // of all samples, afterwards
};

inline const OptimizerOptions rule = {.name = "momentum", .learning_rate = 0.05};

inline std::vector<uint32_t> in_order(const Dataset& data) {
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

// Chapter 01's loop, on this rank alone.
inline Trained train_serially(const Training& run, const Dataset& data) {
  const std::unique_ptr<Device> device = test_device(run.device);
  const Layout layout = make_layout(run.sizes);
  const Buffer parameters(*device, layout.count, Purpose::parameters), gradients(*device, layout.count, Purpose::gradients);
  Trained result{std::vector<float>(layout.count), std::vector<float>(layout.count), {}, 0};
  initialize(result.initial.data(), layout, 1);
  device->copy_in(parameters.data(), result.initial.data(), layout.count);
  const Space space{.rows = int(run.batch)};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  Optimizer optimizer(*device, rule, layout.count);
  const std::vector<uint32_t> order = in_order(data);
  for (const Range batch : batches(data.count, run.batch)) {
    const double loss = gradients_of(mlp, head, data, order, batch, run.micro_batches);
    optimizer.step(parameters, gradients);
    result.losses.push_back(loss);
  }
  result.correct = count_correct(mlp, data, {0, data.count});
  device->copy_out(result.weights.data(), parameters.data(), layout.count);
  return result;
}

// A stage of a pipeline with its optimizer.
struct Stage {
  Stage(Device& device, const Training& run, const Schedule& schedule, MPI_Comm comm)
      : device(device),
        layout(make_stage_layout(run.sizes, balanced_chunks(run.sizes, schedule.chunks()), schedule.stages, rank_of(comm))),
        parameters(device, layout.count, Purpose::parameters),
        gradients(device, layout.count, Purpose::gradients),
        pipeline(device, schedule, layout, parameters, gradients,
                 (int(run.batch) + run.micro_batches - 1) / run.micro_batches, comm, run.exchange),
        optimizer(device, rule, layout.count) {
    std::vector<float> weights(layout.count);
    initialize(weights.data(), layout, 1);
    device.copy_in(parameters.data(), weights.data(), layout.count);
  }
  std::vector<float> all_weights() {
    std::vector<float> weights(layout.count);
    device.copy_out(weights.data(), parameters.data(), layout.count);
    return gather_weights(weights, layout, pipeline.communicator());
  }
  Device& device;
  StageLayout layout;
  Buffer<> parameters, gradients;
  Pipeline pipeline;
  Optimizer optimizer;
};

inline Schedule schedule_of(const Training& run, MPI_Comm comm) {
  Schedule schedule = make_schedule(run.schedule, ranks_of(comm), run.chunks, run.micro_batches);
  schedule.keep_every = run.keep_every;
  return schedule;
}

// The weights are there on rank 0 of comm only.
inline Trained train_in_pipeline(const Training& run, const Schedule& schedule, const Dataset& data, Device& device, MPI_Comm comm,
                          const Hooks& hooks = {}) {
  Stage stage(device, run, schedule, comm);
  Hooks& used = stage.pipeline.mlp(0).hooks;
  const auto sends_early = used.after_input_gradient;
  used = hooks;
  if (check(schedule).holds()) used.after_input_gradient = sends_early;  // where slots are shared, they say the rows of another micro-batch
  const std::vector<uint32_t> order = in_order(data);
  Trained result;
  result.initial = stage.all_weights();
  for (const Range batch : batches(data.count, run.batch)) {
    result.losses.push_back(stage.pipeline.step(data, order, batch));
    stage.optimizer.step(stage.parameters, stage.gradients);
  }
  result.correct = stage.pipeline.count_correct(data);
  result.weights = stage.all_weights();
  return result;
}

// The same for every run with these micro-batches: rank 0 trains it once, and all have it. Collective.
inline const Trained& serial(const Training& run, const Dataset& data) {
  static std::map<std::tuple<int, std::vector<int>, std::string, size_t>, Trained> known;
  const auto [place, first] = known.insert({{run.micro_batches, run.sizes, run.device, data.count}, {}});
  Trained& all = place->second;
  if (!first) return all;
  if (rank() == 0) all = train_serially(run, data);
  all.initial.resize(make_layout(run.sizes).count), all.weights.resize(all.initial.size());
  all.losses.resize(batches(data.count, run.batch).size());
  for (std::vector<float>* part : {&all.initial, &all.weights}) MPI_CHECK(MPI_Bcast(part->data(), int(part->size()), MPI_FLOAT, 0, MPI_COMM_WORLD));
  MPI_CHECK(MPI_Bcast(all.losses.data(), int(all.losses.size()), MPI_DOUBLE, 0, MPI_COMM_WORLD));
  MPI_CHECK(MPI_Bcast(&all.correct, sizeof all.correct, MPI_BYTE, 0, MPI_COMM_WORLD));
  return all;
}

// Whether this rank sees the serial run's losses and counts, and rank 0 of comm its weights.
inline bool same_bits(const Trained& a, const Trained& b, MPI_Comm comm) {
  if (a.losses != b.losses || a.correct != b.correct) return false;
  return rank_of(comm) != 0 || (compare(a.initial, b.initial).same_bits() && compare(a.weights, b.weights).same_bits());
}

inline void expect_serial_bits(const Training& run, MPI_Comm comm = MPI_COMM_WORLD) {
  const Dataset data = random_dataset(size_t(run.sizes[0]), run.rows);
  const std::unique_ptr<Device> device = test_device(run.device);
  const Trained trained = train_in_pipeline(run, schedule_of(run, comm), data, *device, comm);
  const Trained& expected = serial(run, data);
  EXPECT_ON_RANKS_OF(comm, same_bits(trained, expected, comm)) << run.text() << ", " << ranks_of(comm) << " stages";
}

inline std::vector<Training> every_schedule(int stages, int layers) {
  std::vector<Training> runs;
  for (const std::string& name : schedule_names)
    if (name != "interleaved") runs.push_back({.schedule = name});
  for (int chunks : {2, 3})
    if (stages * chunks <= layers) runs.push_back({.schedule = "interleaved", .chunks = chunks});
  return runs;
}

}  // namespace stage_runs
