// How long does a step take on each grid of these ranks, and did the estimate foresee it?
//
// The grids take turns in one process, because the speed of a machine drifts; so does the serial program, on rank 0 while
// the others sleep.  Run: make bench-10, or make bench-10 RANKS=4 ARGS="--hidden 512,512,512,512"
#include <algorithm>
#include <cstdio>
#include <memory>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/10_hybrid/machine_file.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/statistics.h"
#include "common/timer.h"

namespace {

// A grid with its model, on a device of its own.
struct Candidate {
  GridPlan plan;
  CpuDevice device;
  Grid grid;
  HybridModel model;
  std::vector<double> seconds;  // of a step, by round, of the slowest rank

  Candidate(const GridPlan& p, HybridSettings settings, MPI_Comm comm)
      : plan(p), grid(p.shape, comm), model(device, grid, with(settings, p)) {
    model.initialize(1);
  }
  static HybridSettings with(HybridSettings settings, const GridPlan& p) {
    settings.micro_batches = p.micro_batches;
    settings.two_level = p.two_level;
    return settings;
  }
  void time(const Dataset& data, std::span<const uint32_t> order, int steps) {
    MPI_CHECK(MPI_Barrier(grid.all()));
    const Timer timer;
    for (int s = 0; s < steps; ++s) model.step(data, order, {0, data.count});
    double mine = timer.seconds() / steps, slowest = 0;
    MPI_CHECK(MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, grid.all()));
    seconds.push_back(slowest);
  }
};

void print_row(const Candidate& c, const Candidate& serial) {
  const double fastest = std::ranges::min(c.seconds);
  std::printf("%-10s %13d  %9.2f  %8.2f %8.2f  %7.2f\n", to_string(c.plan.shape).c_str(), c.plan.micro_batches,
              1e3 * c.plan.seconds, 1e3 * fastest, 1e3 * median(c.seconds),
              std::ranges::min(serial.seconds) / fastest);
}

// Of two grids whose fastest steps differ by more than 15 %: does the estimate say which one is faster?
void print_order(const std::vector<std::unique_ptr<Candidate>>& grids) {
  int far = 0, right = 0;
  for (const auto& a : grids)
    for (const auto& b : grids)
      if (std::ranges::min(a->seconds) * 1.15 < std::ranges::min(b->seconds)) ++far, right += a->plan.seconds < b->plan.seconds;
  std::printf("of pairs of grids that differ by more than 15 %%, the estimate has %d of %d in the right order\n", right, far);
}

}  // namespace

int bench_grids(MpiSession& mpi, int argc, char** argv) {
  int64_t rounds = 31, steps = 2, batch = 1024;
  std::vector<int64_t> hidden = {512, 256};
  std::string optimizer = "sgd", machine_file;
  bool only_if_quiet = false;
  Options options("Time of a training step on every grid of the ranks that there are; the grids take turns.");
  options.add("rounds", &rounds, "how often each grid has its turn", between(1, 10000));
  options.add("steps", &steps, "training steps of a turn", between(1, 10000));
  options.add("batch", &batch, "rows of a batch", between(1, 1 << 20));
  options.add("hidden", &hidden, "widths of the hidden layers, or none", between(1, 65536));
  options.add("optimizer", &optimizer, "the update rule", {"sgd", "momentum", "adam"});
  options.add("machine", &machine_file, "speed, memory and messages: a file from `make 10-calibrate`");
  options.add("only-if-quiet", &only_if_quiet, "end with status 77 if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  HybridSettings settings;
  settings.batch = size_t(batch);
  settings.sizes = {784};
  settings.sizes.insert(settings.sizes.end(), hidden.begin(), hidden.end());
  settings.sizes.push_back(10);
  settings.optimizer.name = optimizer;
  PlanMachine machine = machine_file.empty() ? typical_machine() : load_plan_machine(machine_file);
  machine.memory = 0;  // all grids are measured
  if (!machine.between.exchanges.empty()) machine.ranks_of_node = mpi.node_size();
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &machine.ranks_of_node, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
  const Dataset data = random_dataset(784, size_t(batch));
  const std::vector<uint32_t> order = permutation(1, 0, data.count);

  Candidate serial(estimate(settings, {1, 1, 1}, machine), settings, MPI_COMM_SELF);
  std::vector<std::unique_ptr<Candidate>> grids;
  for (const GridPlan& plan : plan_grids(settings, {}, mpi.size(), machine))
    grids.push_back(std::make_unique<Candidate>(plan, settings, MPI_COMM_WORLD));
  CoreShare share;
  for (int round = -1; round < rounds; ++round) {  // the first is for caches, connections, first touch of memory
    if (round == 0)
      for (auto& c : grids) c->seconds.clear();
    if (round == 0) serial.seconds.clear(), share = {};
    share.begin();
    if (mpi.rank() == 0) serial.time(data, order, int(steps));
    share.end();
    sleep_until_all_are_here(MPI_COMM_WORLD);
    share.begin();
    for (auto& c : grids) c->time(data, order, int(steps));
    share.end();
  }
  const double lost = share.lost(MPI_COMM_WORLD);
  const Verdict v = verdict(lost, mpi.node_size());
  const int status = only_if_quiet && v != Verdict::quiet ? not_quiet_status : 0;
  if (mpi.rank() != 0) return status;
  std::printf("%s: %d ranks, %zu parameters, batch %lld, %s\n", machine_name().c_str(), mpi.size(),
              make_layout(settings.sizes).count, (long long)batch, optimizer.c_str());
  std::printf("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(v));
  std::printf("                          ms a step                    fastest serial\n"
              "grid       micro-batches  estimated   fastest   median  / fastest\n");
  print_row(serial, serial);
  for (const auto& c : grids) print_row(*c, serial);
  print_order(grids);
  return status;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, bench_grids); }
