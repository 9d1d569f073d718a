// What does sharding cost in time, and save in memory?
//
// The levels take turns in one process, because the speed of a machine drifts. The fastest step says what the machine can
// do; the median of the ratios to level 0, each taken within a round, what it usually does.  Run: make bench-07
#include <algorithm>
#include <cstdio>
#include <memory>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/07_sharded_optimizer/footprint.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/statistics.h"
#include "common/timer.h"

namespace {

constexpr int levels = 4;

// What is trained: a test has smaller ones.
struct Network {
  std::vector<int> sizes;
  size_t batch;
};
std::vector<Network> networks = {{{784, 512, 256, 10}, 128},
                                 {{784, 512, 512, 512, 512, 512, 512, 512, 512, 10}, 128},
                                 {{784, 512, 256, 10}, 2048}};

// A level with its network on a device of its own, so that its memory is counted alone.
struct Candidate {
  CpuDevice device;
  ShardedRun run;
  std::vector<double> seconds;   // of a step, by round, of the slowest rank
  std::vector<double> relative;  // to level 0 in the same round
  size_t sent = 0;               // bytes of a step, this rank

  Candidate(const Dataset& data, const std::vector<int>& sizes, const OptimizerOptions& optimizer, const ZeroOptions& z)
      : run(device, data, sizes, data.count, optimizer, z, MPI_COMM_WORLD) {}

  // All ranks begin together: what they did before was an allreduce.
  double time(int steps, CoreShare& share) {
    const Traffic before = traffic();
    share.begin();
    const Timer timer;
    for (int s = 0; s < steps; ++s) run.epoch();  // of one batch
    double mine = timer.seconds() / steps, slowest = 0;
    share.end();
    sent = 4 * (traffic().floats - before.floats) / size_t(steps);
    MPI_CHECK(MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
    seconds.push_back(slowest);
    return slowest;
  }
};

// Interleaved rounds of all levels for one network. Returns how quiet it was.
Verdict bench(const Network& network, int rounds, int steps, const MpiSession& mpi) {
  const auto& [sizes, batch] = network;
  OptimizerOptions adam;
  adam.name = "adam";
  adam.learning_rate = 0.001;
  const Dataset data = random_dataset(size_t(sizes.front()), batch);
  std::vector<std::unique_ptr<Candidate>> candidates;
  for (int level = 0; level < levels; ++level)
    candidates.push_back(std::make_unique<Candidate>(data, sizes, adam, ZeroOptions{.level = level, .micro_batches = mpi.size()}));
  for (auto& candidate : candidates) candidate->run.epoch();  // caches, connections, first touch of memory

  CoreShare share;
  for (int round = 0; round < rounds; ++round) {
    const double level_0 = candidates[0]->time(steps, share);
    for (auto& candidate : candidates)
      candidate->relative.push_back((candidate == candidates[0] ? level_0 : candidate->time(steps, share)) / level_0);
  }

  const double lost = share.lost(MPI_COMM_WORLD);
  const Verdict v = verdict(lost, mpi.node_size());
  if (mpi.rank() != 0) return v;
  std::printf("\n%zu-", size_t(sizes.front()));
  for (size_t l = 1; l + 1 < sizes.size(); ++l) std::printf("%d-", sizes[l]);
  std::printf("%d, %zu parameters, batch %zu, Adam, %d ranks\n", sizes.back(), make_layout(sizes).count, batch, mpi.size());
  std::printf("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(v));
  std::printf("        ms a step          to level 0                    MB of         MB sent\n"
              "level   fastest   median   fastest   median of rounds   model state   in a step\n");
  const double fastest_0 = std::ranges::min(candidates[0]->seconds);
  for (int level = 0; level < levels; ++level) {
    const Candidate& c = *candidates[size_t(level)];
    const Footprint f = counted(c.device);
    const double fastest = std::ranges::min(c.seconds);
    std::printf("%5d   %7.2f   %6.2f   %7.2f   %16.2f   %11.2f   %9.2f\n", level, 1e3 * fastest, 1e3 * median(c.seconds),
                fastest / fastest_0, median(c.relative),
                double(f.parameters + f.gradients + f.optimizer + f.exchange) / 1e6, double(c.sent) / 1e6);
  }
  return v;
}

}  // namespace

int bench_levels(MpiSession& mpi, int argc, char** argv) {
  int64_t rounds = 41, steps = 1;
  bool only_if_quiet = false;
  Options options("Time and memory of the levels of sharding, which take turns.");
  options.add("rounds", &rounds, "how often each level has its turn", between(1, 10000));
  options.add("steps", &steps, "training steps of a turn", between(1, 10000));
  options.add("only-if-quiet", &only_if_quiet, "end with status 77 if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  if (mpi.rank() == 0) std::printf("%s: %d ranks\n", machine_name().c_str(), mpi.size());
  bool quiet = true;
  for (const Network& network : networks) quiet &= bench(network, int(rounds), int(steps), mpi) == Verdict::quiet;
  return only_if_quiet && !quiet ? not_quiet_status : 0;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench_levels); }
