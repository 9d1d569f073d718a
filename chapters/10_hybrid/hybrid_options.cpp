#include "chapters/10_hybrid/hybrid_options.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/10_hybrid/machine_file.h"
#include "common/error.h"
#include "common/mpi/session.h"

void HybridOptions::declare(Options& options) {
  options.add("replicas", &replicas, "ranks that share the batch; 0: chosen", at_least(0));
  options.add("pipeline", &pipeline, "ranks that share the layers; 0: chosen", at_least(0));
  options.add("tensor", &tensor, "ranks that share each layer; 0: chosen", at_least(0));
  TrainOptions::declare(options, device_names);
  declare_clip_norm(options);
  options.add("schedule", &schedule, "of the pipeline: the order in which a stage takes its steps", schedule_names);
  options.add("chunks", &chunks, "ranges of layers on each stage, for the interleaved schedule 2 or more", between(1, 1000));
  options.add("reproducible", &reproducible, "the same bits whatever the data and pipeline splits: name --micro-batches");
  options.add("recompute", &recompute, "keep every N-th activation only, and compute the others again; 0: all, or chosen where memory ends",
              between(0, 1000));
  options.add("levels", &levels, "of the exchange between data ranks: 2 adds inside each node first; 0: chosen", between(0, 2));
  options.add("exchange", &exchange, "between GPUs: through host memory, each other's, MPI with their pointers; auto: peer, else mpi, wherever it can be",
              {"auto", "host", "peer", "mpi"});
  options.add("memory-mib", &memory_mib, "what a rank may use, 0 for its share of its GPU's or the node's memory", at_least(0));
  options.add("machine", &machine, "speed, memory and messages for the choice of the grid: a file from `make 10-calibrate`");
  options.add("compare-with-serial", &compare_with_serial, "train again on rank 0 alone, and compare");
  options.add("trace", &trace, "write a timeline of all ranks to this file");
}

// Half of the node's memory is left to others, and a tenth of what is free on a GPU. Nodes may differ; the smallest share counts, or
// ranks would choose differently.
double share_of_memory(const std::string& device, int node_rank, int ranks_of_node) {
  double share = 0.5 * double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)) / ranks_of_node;
  if (device == "cuda") {
    const int gpus = count_gpus(), sharing = (ranks_of_node + gpus - 1) / gpus;
    share = 0.9 * double(free_gpu_memory(node_rank % gpus)) / sharing;
  }
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &share, 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD));
  return share;
}

void HybridOptions::apply(Dataset& train, int ranks_of_node, int node_rank) {
  TrainOptions::apply(train);
  if (schedule == "interleaved" && chunks == 1)
    throw Error("--schedule interleaved: needs --chunks 2 or more; with one chunk a stage it is 1f1b");
  if (schedule != "interleaved" && chunks > 1)
    throw Error("--chunks " + std::to_string(chunks) + ": only --schedule interleaved has several chunks a stage");
  if ((exchange == "peer" || exchange == "mpi") && device != "cuda") throw Error("--exchange " + exchange + ": needs --device cuda");
  sizes_ = sizes(train);
  samples = train.count;
  choose_grid(ranks_of_node, node_rank);
}

void HybridOptions::choose_grid(int ranks_of_node, int node_rank) {
  PlanMachine here = machine.empty() ? typical_machine() : load_plan_machine(machine);
  if (memory_mib > 0) here.memory = double(memory_mib) * 1024 * 1024;
  else if (here.memory == 0) here.memory = share_of_memory(device, node_rank, ranks_of_node);
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &ranks_of_node, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
  here.ranks_of_node = ranks_of_node;
  const GridWish wish{int(replicas), int(pipeline), int(tensor), int(micro_batches), int(recompute), int(levels)};
  HybridSettings s = settings();
  s.micro_batches = std::max(1, s.micro_batches);
  const std::vector<GridPlan> plans = plan_grids(s, wish, ranks, here);
  const GridPlan& best = plans.front();
  if (!best.fits)
    throw Error("no grid of " + std::to_string(ranks) + " ranks fits into " + std::to_string(int64_t(here.memory / 1e6)) +
                " MB a rank; " + to_string(best.shape) + " needs " + std::to_string(int64_t(best.memory / 1e6)) + " MB");
  grid = best.shape;
  micro_batches = best.micro_batches;
  recompute = best.keep_every;
  levels = best.two_level ? 2 : 1;
  if (rank_of(MPI_COMM_WORLD) != 0) return;
  std::printf("grid %s (data x pipeline x tensor), %lld micro-batch%s%s\n", to_string(grid).c_str(),
              (long long)micro_batches, micro_batches == 1 ? "" : "es", plans.size() > 1 ? ": the fastest by estimate" : "");
  if (plans.size() > 1) std::printf("%s%s", table_of(plans).c_str(), why_not(plans[1], best).c_str());
  if (levels == 2) std::printf("data ranks exchange in two levels\n");
  if (recompute > 1) std::printf("every %lld-th activation is kept, the others are computed again\n", (long long)recompute);
}

HybridSettings HybridOptions::settings() const {
  return {.sizes = sizes_,
          .batch = size_t(batch),
          .micro_batches = int(micro_batches),
          .reproducible = reproducible,
          .schedule = schedule,
          .chunks = int(chunks),
          .optimizer = optimizer,
          .keep_every = std::max(1, int(recompute)),
          .exchange = device == "cuda" ? exchange : "host",
          .two_level = levels == 2,
          .gradients_as = gradients_as,
          .activation_bytes = activation_bytes};
}
