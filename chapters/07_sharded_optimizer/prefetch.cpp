// How much of the gathering of weights does --prefetch hide behind computing?
//
// Level 3 without it, with it, and a gathering of all weights alone take turns. On one machine a gathering is a copy through memory; on a
// virtual cluster it goes over a network that is as slow as you say:
//   sh common/cluster/virtual_cluster.sh up 2 --rate 1gbit
//   eval "$(sh common/cluster/virtual_cluster.sh env)"; make 07-prefetch RANKS=2 ARGS="--only-if-quiet"
#include <cstdio>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "common/machine.h"
#include "common/mpi/session.h"

namespace {

// Seconds of work(), to which all ranks come at once, on the slowest rank.
template <class Work>
double seconds_of(Work work) {
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const Timer timer;
  work();
  return slowest(timer.seconds());
}

// A step gathers all weights before forward, and all but the first layer's before backward.
double gatherings_of_a_step(const Shards& shards) {
  const Unit& first = shards.units.front();
  return 2 - (first.last_layer == 1 ? double(first.range.size()) / double(shards.count()) : 0);
}

}  // namespace

int measure_prefetch(MpiSession& mpi, int argc, char** argv) {
  int64_t rounds = 41, batch = 128;
  std::vector<int64_t> hidden = {512, 512, 512, 512, 512, 512, 512, 512};
  bool only_if_quiet = false;
  Options options("How much of the gathering of weights is hidden at level 3 by --prefetch.");
  options.add("rounds", &rounds, "how often each has its turn", between(1, 10000));
  options.add("batch", &batch, "rows of a batch", between(1, 1 << 20));
  options.add("hidden", &hidden, "widths of the hidden layers, or none", between(1, 65536));
  options.add("only-if-quiet", &only_if_quiet, "end with status 77 if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  std::vector<int> sizes = {784};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(10);
  const Dataset data = random_dataset(784, size_t(batch));
  CpuDevice device;
  ZeroOptions z{.level = 3, .micro_batches = mpi.size()};
  ShardedRun plain(device, data, sizes, data.count, OptimizerOptions{}, z, MPI_COMM_WORLD);
  z.prefetch = true;
  ShardedRun ahead(device, data, sizes, data.count, OptimizerOptions{}, z, MPI_COMM_WORLD);
  std::vector<float> weights = plain.initial();

  std::vector<double> without, with, gathering;
  CoreShare share;
  for (int round = -1; round < rounds; ++round) {  // the first is for caches, connections, first touch of memory
    if (round == 0) without.clear(), with.clear(), gathering.clear(), share = {};
    share.begin();
    without.push_back(seconds_of([&] { plain.epoch(); }));  // of one batch
    with.push_back(seconds_of([&] { ahead.epoch(); }));
    gathering.push_back(seconds_of([&] { plain.zero().save(weights); }) * gatherings_of_a_step(plain.zero().shards()));
    share.end();
  }
  const double lost = share.lost(MPI_COMM_WORLD);
  const Verdict v = verdict(lost, mpi.node_size());
  const int status = only_if_quiet && v != Verdict::quiet ? not_quiet_status : 0;
  if (mpi.rank() != 0) return status;
  const double hidden_part = (median(without) - median(with)) / median(gathering);
  std::printf("%s: %d ranks, %zu parameters, batch %lld, level 3\n", machine_name().c_str(), mpi.size(), weights.size(), (long long)batch);
  std::printf("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(v));
  std::printf("without --prefetch   %8.2f ms a step (median)\n", 1e3 * median(without));
  std::printf("with --prefetch      %8.2f\n", 1e3 * median(with));
  std::printf("gathering alone      %8.2f: %.0f %% of it are hidden\n", 1e3 * median(gathering), 100 * hidden_part);
  return status;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, measure_prefetch); }
