// A stage of chapter 08 whose steps a test times.
#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "chapters/08_layer_splitting/pipeline_options.h"
#include "common/mpi/session.h"

inline int ranks() { return ranks_of(MPI_COMM_WORLD); }
inline int rank() { return rank_of(MPI_COMM_WORLD); }

inline PipelineOptions options_of(const char* schedule, int chunks, int micro_batches, const std::vector<int64_t>& hidden, int64_t batch) {
  PipelineOptions o(ranks());
  o.schedule = schedule;
  o.chunks = chunks;
  o.micro_batches = micro_batches;
  o.hidden = hidden;
  o.batch = batch;
  return o;
}

// Whether a report's activations by stage are those that it has by formula.
inline bool counted_is_formula(const std::string& report) {
  const std::string begins = "\nactivations by stage: ", goes_on = " MB; by formula: ", ends = " MB\n";
  const size_t counted = report.find(begins), formula = report.find(goes_on), end = report.find(ends);
  if (counted == std::string::npos || formula == std::string::npos || end == std::string::npos) return false;
  const size_t first = counted + begins.size(), second = formula + goes_on.size();
  return report.substr(first, formula - first) == report.substr(second, end - second);
}

inline const std::vector<int64_t> eight = {9, 12, 8, 7, 11, 6, 10};  // eight layers

// A stage of such a pipeline, on this rank, with 50 samples; on a device of the test, or a CPU.
struct Trained {
  const PipelineOptions& o;
  const Dataset data;
  CpuDevice cpu;
  Device& device;
  StageLayout layout;
  Buffer<> parameters, gradients;
  Pipeline pipeline;
  explicit Trained(const PipelineOptions& o, Device* other = nullptr)
      : o(o),
        data(random_dataset(13, 50)),
        device(other ? *other : cpu),
        layout(o.layout(o.sizes(data), rank())),
        parameters(device, layout.count, Purpose::parameters),
        gradients(device, layout.count, Purpose::gradients),
        pipeline(device, o.make_schedule(), layout, parameters, gradients, o.largest_micro_batch(), MPI_COMM_WORLD, o.exchange) {
    std::vector<float> weights(layout.count);
    initialize(weights.data(), layout, 1);
    device.copy_in(parameters.data(), weights.data(), layout.count);
  }
  void step(Range batch) {
    std::vector<uint32_t> order(data.count);
    std::iota(order.begin(), order.end(), 0u);
    pipeline.step(data, order, batch);
  }
};
