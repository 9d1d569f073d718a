// Strong and weak scaling of chapter 10's program on a simulated cluster: 1, 2, 4, ... ranks.
//
// The serial part is the fraction that would explain the speedup: Karp and Flatt's for strong scaling, Gustafson's for weak.
//
// Run: make 13-scaling ARGS="--cluster ethernet", or ARGS="--weak --ranks 64 --csv build/weak.csv"
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "chapters/13_scaling/laws.h"
#include "chapters/13_scaling/scaling_options.h"

namespace {

// The fastest grid, or the one that divides nothing but the batch.
StepTime step_on(const Cluster& cluster, HybridSettings settings, int ranks, bool data_only) {
  if (data_only) {
    settings.micro_batches = ranks;
    return simulate_step(cluster, settings, {ranks, 1, 1});
  }
  const GridSearch search = search_grids(cluster, settings, ranks);
  if (search.grids.empty())
    throw Error("no grid of " + std::to_string(ranks) + " ranks fits: batch " +
                std::to_string(settings.batch) + ", " + std::to_string(settings.sizes.size() - 1) +
                " layers, " + std::to_string(int64_t(cluster.memory / 1e6)) + " MB a rank");
  return search.grids.front();
}

}  // namespace

int main(int argc, char** argv) try {
  ScalingOptions o;
  int64_t most = 64;
  bool weak = false, data_only = false;
  std::string csv;
  Options options(
      "Time of a training step on 1, 2, 4, ... ranks of a simulated cluster: the same batch for all, or the "
      "same for each.");
  options.add("ranks", &most, "the most ranks", between(1, 16384));
  options.add("weak", &weak, "weak scaling: --batch is the rows of one rank");
  options.add("data-only", &data_only, "only the batch is divided; otherwise the fastest grid");
  options.add("csv", &csv, "write the table to this file, too");
  o.declare(options);
  if (!options.parse(argc, argv)) return 0;
  const Cluster cluster = o.load();
  std::ofstream file;
  if (!csv.empty()) {
    file.open(csv);
    if (!file) throw Error(csv + ": cannot be written");
    file << "ranks,data,pipeline,tensor,batch,seconds,samples_per_second,speedup,efficiency,computing\n";
  }

  std::printf("%s\n%s, %s scaling: batch %lld%s\n", cluster.title.c_str(), o.network().c_str(),
              weak ? "weak" : "strong", (long long)o.batch, weak ? " a rank" : "");
  std::printf(
      "  ranks        grid   micro-batches   batch   ms a step   samples/s    speedup  efficiency  computing "
      "  serial part\n");
  double one = 0;  // samples/s of a rank
  for (int64_t ranks = 1; ranks <= most; ranks *= 2) {
    HybridSettings settings = o.settings();
    if (weak) settings.batch *= size_t(ranks);
    if (settings.batch < size_t(ranks) && data_only) {
      std::printf("%7lld  more ranks than rows\n", (long long)ranks);
      break;
    }
    const StepTime t = step_on(cluster, settings, int(ranks), data_only);
    const double rate = t.samples_per_second(settings.batch);
    if (ranks == 1) one = rate;
    const double speedup = rate / one, efficiency = speedup / double(ranks);
    std::printf("%7lld %11s %15d %7zu %11.4g %11.4g %10.2f %9.1f %% %8.1f %%", (long long)ranks,
                to_string(t.shape).c_str(), t.micro_batches, settings.batch, 1e3 * t.seconds, rate, speedup,
                100 * efficiency, 100 * t.computing / t.seconds);
    if (ranks > 1)
      std::printf("   %9.5f",
                  weak ? gustafson_serial(speedup, double(ranks)) : karp_flatt(speedup, double(ranks)));
    std::printf("\n");
    std::fflush(stdout);
    if (file.is_open())
      file << ranks << ',' << t.shape.data << ',' << t.shape.pipeline << ',' << t.shape.tensor << ','
           << settings.batch << ',' << t.seconds << ',' << rate << ',' << speedup << ',' << efficiency << ','
           << t.computing / t.seconds << '\n';
  }
  if (file.is_open() && !file.flush()) throw Error(csv + ": cannot be written");
} catch (const Error& error) {
  return fail(error);
}
