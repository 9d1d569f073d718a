// Does the simulation foresee what real processes need? And how fast does it simulate?
//
// The real times are those of chapter 10's benchmark, which this program starts: its grids take turns, its table has the
// estimate by formula, too.  Run: make bench-13, or make bench-13 ARGS="--rounds 31 --batches 64,512"
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "chapters/05_collectives/core_share.h"
#include "chapters/13_scaling/scaling_options.h"
#include "common/machine.h"
#include "common/timer.h"

namespace {

struct Measured {
  GridShape shape;
  int micro_batches;
  double estimated, fastest, median;  // ms
};

// One line of chapter 10's table: "2 x 1 x 1   2   2.31   2.63   2.82   1.26".
bool read_row(const char* line, Measured& row) {
  return std::sscanf(line, "%d x %d x %d %d %lf %lf %lf", &row.shape.data, &row.shape.pipeline,
                     &row.shape.tensor, &row.micro_batches, &row.estimated, &row.fastest, &row.median) == 7;
}

// quiet becomes false if chapter 10's benchmark says that its ranks were without their cores for too long.
std::vector<Measured> measure(int64_t ranks, int64_t batch, int64_t rounds, bool& quiet) {
  const char* folder = std::getenv("B");  // of this build, as make names it
  const std::string build = folder ? folder : "build";
  const std::string command = "sh common/mpi/launch " + std::to_string(ranks) + " " + build +
                              "/chapters/10_hybrid/bench --batch " + std::to_string(batch) + " --rounds " +
                              std::to_string(rounds) + " --only-if-quiet";
  FILE* pipe = popen(command.c_str(), "r");
  std::vector<Measured> rows;
  char line[256];
  for (Measured row; pipe && std::fgets(line, sizeof line, pipe);)
    if (read_row(line, row)) rows.push_back(row);
  if (pipe) quiet &= WEXITSTATUS(pclose(pipe)) != not_quiet_status;
  if (rows.empty()) throw Error("no times came from `" + command + "`");
  return rows;
}

// The first row is the serial one: speedups are over it, so that they do not depend on how fast the machine is just now.
void compare_with_measured(const Cluster& cluster, HybridSettings settings,
                           const std::vector<Measured>& rows) {
  double serial = 0;
  for (const Measured& row : rows) {
    settings.micro_batches = row.micro_batches;
    const double simulated = 1e3 * simulate_step(cluster, settings, row.shape).seconds;
    if (serial == 0) serial = simulated;
    std::printf("%5zu  %-10s %13d  %9.2f  %9.2f   %7.2f %7.2f  %10.2f %9.2f\n", settings.batch,
                to_string(row.shape).c_str(), row.micro_batches, row.estimated, simulated, row.fastest,
                row.median, serial / simulated, rows.front().fastest / row.fastest);
  }
}

void tell_speed(const HybridSettings& settings) {
  const Cluster cluster = load_cluster("gpu_pods");
  std::printf(
      "\nhow fast it simulates, on one core:\n  ranks   messages a step   s for a step   messages/s\n");
  for (int ranks : {8, 64}) {
    HybridSettings s = settings;
    s.batch = size_t(4 * ranks);
    s.micro_batches = ranks;
    const Timer timer;
    constexpr int steps = 3;  // one is not timed by the simulation, but it costs as much
    const StepTime t = simulate_step(cluster, s, {ranks, 1, 1}, {.steps = steps - 1, .trace = {}});
    const double seconds = timer.seconds() / steps;
    std::printf("%7d %17zu %14.3f %12.3g\n", ranks, t.messages, seconds, double(t.messages) / seconds);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  ScalingOptions o;
  int64_t ranks = 2, rounds = 15;
  bool only_if_quiet = false, quiet = true;
  std::vector<int64_t> batch_sizes = {128, 1024};
  Options options(
      "Simulated against measured times of a training step on this machine, and the simulation's own speed.");
  options.add("ranks", &ranks, "real processes, each should have a core", between(1, 64));
  options.add("rounds", &rounds, "how often each grid is measured", between(1, 10000));
  options.add("batches", &batch_sizes, "rows of a batch", between(1, 1 << 20));
  options.add("cluster", &o.cluster, "the description of this machine");
  add_products(options, o.products);
  options.add("only-if-quiet", &only_if_quiet, "end with status 77 if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv)) return 0;
  const Cluster cluster = o.load();

  std::printf("measured on %s, simulated: %s\n", machine_name().c_str(), cluster.title.c_str());
  std::printf(
      "                                        ms a step                              speedup\n"
      "batch  grid       micro-batches  estimated  simulated   fastest  median   simulated  measured\n");
  for (const int64_t batch : batch_sizes) {
    o.batch = batch;
    compare_with_measured(cluster, o.settings(), measure(ranks, batch, rounds, quiet));
  }
  if (!quiet) std::printf("DISTURBED: a rank was without its core for too long\n");
  if (!quiet && only_if_quiet) return not_quiet_status;
  return tell_speed(o.settings()), 0;
} catch (const Error& error) {
  return fail(error);
}
