#include "chapters/08_layer_splitting/pipeline_options.h"

#include "chapters/03_fast_kernels/make_device.h"
#include "common/error.h"

void PipelineOptions::declare(Options& options) {
  TrainOptions::declare(options, device_names);
  options.add("schedule", &schedule, "the order in which a stage takes its steps", schedule_names);
  options.add("chunks", &chunks, "ranges of layers on each rank, for the interleaved schedule 2 or more",
              between(1, 1000));
  options.add("split", &split, "layers of each chunk, from the first; none: balanced by operations",
              between(1, 65536));
  options.add("recompute", &recompute, "keep every N-th activation only, and compute the others again in backward", between(1, 1000));
  options.add("exchange", &exchange, "how activations go between GPUs: host memory, each other's, MPI with their pointers; auto: peer, else mpi, where it can be",
              {"auto", "host", "peer", "mpi"});
  options.add("compare-with-serial", &compare_with_serial, "train again on rank 0 alone, and compare");
  options.add("trace", &trace, "write a timeline of all ranks to this file");
}

void PipelineOptions::apply(Dataset& train) const {
  TrainOptions::apply(train);
  if (schedule == "interleaved" && chunks == 1)
    throw Error("--schedule interleaved: needs --chunks 2 or more; with one chunk a rank it is 1f1b");
  if (schedule != "interleaved" && chunks > 1)
    throw Error("--chunks " + std::to_string(chunks) + ": only --schedule interleaved has several chunks a rank");
  if ((exchange == "peer" || exchange == "mpi") && device != "cuda") throw Error("--exchange " + exchange + ": needs --device cuda");
  layers(sizes(train));
}

std::vector<Range> PipelineOptions::layers(const std::vector<int>& sizes) const {
  const int all = stages * int(chunks), depth = int(sizes.size()) - 1;
  if (all > depth)
    throw Error(std::to_string(stages) + " ranks with " + std::to_string(chunks) + " chunk" + (chunks > 1 ? "s" : "") +
                " each are more than the " + std::to_string(depth) + " layers of the network (--hidden)");
  return split.empty() ? balanced_chunks(sizes, all) : given_chunks(sizes, all, split);
}

StageLayout PipelineOptions::layout(const std::vector<int>& sizes, int stage) const {
  return make_stage_layout(sizes, layers(sizes), stages, stage);
}

Schedule PipelineOptions::make_schedule() const {
  return ::make_schedule(schedule, stages, int(chunks), int(micro_batches), int(recompute));
}
