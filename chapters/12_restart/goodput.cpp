// What part of a long run is useful, on machines that fail: by formula, and by a simulation with failures that are drawn.
//
//   make 12-goodput RANKS=1
//   make 12-goodput RANKS=1 ARGS="--nodes 1000 --node-hours 50000 --checkpoint 60 --restart 600"
#include <cstdio>

#include "chapters/12_restart/interval.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"

namespace {

struct GoodputOptions {
  int64_t nodes = 2048, runs = 1000, intervals = 200, seed = 1;
  double node_hours = 6336, checkpoint = 30, restart = 600, interval = 0;

  void declare(Options& options) {
    options.add("nodes", &nodes, "machines; one that fails ends the run", at_least(1));
    options.add("node-hours", &node_hours, "between two failures of one node", between(1e-3, 1e9));
    options.add("checkpoint", &checkpoint, "seconds that a checkpoint takes", between(1e-6, 1e9));
    options.add("restart", &restart, "seconds from a failure to the next step", between(0, 1e9));
    options.add("interval", &interval, "seconds of work before a checkpoint, beside those of the table; 0: none", between(0, 1e9));
    options.add("runs", &runs, "that are simulated", between(2, 1e7));
    options.add("intervals", &intervals, "of a run that is simulated", between(1, 1e6));
    options.add("seed", &seed, "of the failures that are drawn", at_least(0));
  }
};

void tell_intervals(const GoodputOptions& o, const Failures& f) {
  std::printf("%-26s %10s %18s   %s\n", "save after", "", "useful by formula", "simulated, 95 % interval");
  auto rows = named_intervals(f);
  if (o.interval > 0) rows.push_back({"--interval", o.interval});
  for (const auto& [name, interval] : rows) {
    const Estimate s = simulated_share(f, interval, int(o.intervals), o.runs, o.seed);
    std::printf("%-26s %8.1f s %16.3f %%   %.3f %% (%.3f to %.3f)\n", name, interval, 100 * useful_share(f, interval), 100 * s.mean,
                100 * (s.mean - s.half), 100 * (s.mean + s.half));
  }
}

// Runs whose failures were published; not what a checkpoint and a restart took.
void tell_published() {
  std::printf("\npublished, and a checkpoint of     failure every   useful if a restart takes     90 %% leaves\n"
              "                                                     5 min   15 min     for a restart\n");
  const struct {
    const char* name;
    double days, failures;
  } runs[] = {{"Llama 3, 16384 GPUs, 54 days", 54, 419}, {"OPT-175B, 992 GPUs, 2 months", 60, 105}};
  for (const auto& [name, days, failures] : runs)
    for (const double checkpoint : {10.0, 60.0}) {
      Failures f{days * 86400 / failures, checkpoint, 0};
      std::printf("%-28s %3.0f s %12.2f h   ", name, checkpoint, f.between / 3600);
      for (const double minutes : {5.0, 15.0}) {
        f.restart = 60 * minutes;
        std::printf("%6.2f %% ", 100 * useful_share(f, best_interval(f)));
      }
      std::printf(" %10.1f min\n", restart_for(f, 0.9) / 60);
    }
}

int goodput(MpiSession& mpi, int argc, char** argv) {
  GoodputOptions o;
  Options options("What part of a long run is useful, on machines that fail.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0) || mpi.rank() != 0) return 0;
  const Failures f{3600 * o.node_hours / double(o.nodes), o.checkpoint, o.restart};
  if (o.interval > 2 * f.between) throw Error("--interval " + std::to_string(int64_t(o.interval)) + " s: two failures are nearer to each other, and no run ends");
  std::printf("%lld nodes, each fails once in %g h: a failure every %.4g h; a checkpoint takes %g s, a restart %g s\n\n",
              (long long)o.nodes, o.node_hours, f.between / 3600, f.checkpoint, f.restart);
  tell_intervals(o, f);
  tell_published();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, goodput); }
