// Which grid is fastest on a cluster, for one network and a number of ranks? All grids, simulated.
//
// Run: make 13-grids ARGS="--cluster gpu_pods --ranks 64 --hidden 8192,8192,8192,8192 --batch 4096"
#include <cstdio>
#include <iostream>

#include "chapters/13_scaling/scaling_options.h"

int main(int argc, char** argv) try {
  ScalingOptions o;
  int64_t ranks = 16, show = 8;
  Options options("All grids of a number of ranks on a simulated cluster, the fastest first.");
  options.add("ranks", &ranks, "ranks of the grid", between(1, 16384));
  options.add("show", &show, "lines of the table", at_least(1));
  o.declare(options);
  if (!options.parse(argc, argv)) return 0;
  const Cluster cluster = o.load();
  const HybridSettings settings = o.settings();

  std::printf("%s\n%s, batch %lld: %s\n", cluster.title.c_str(), o.network().c_str(), (long long)o.batch,
              to_string_of_ranks(ranks, cluster).c_str());
  const GridSearch search = search_grids(cluster, settings, int(ranks));
  std::printf(
      "  data pipeline tensor micro-batches   ms a step   samples/s   computing   MB a rank   MB sent by "
      "it\n");
  for (size_t i = 0; i < search.grids.size() && i < size_t(show); ++i) {
    const StepTime& t = search.grids[i];
    std::printf("%6d %8d %6d %13d  %10.4g  %10.4g   %7.1f %%   %9.4g   %13.4g\n", t.shape.data,
                t.shape.pipeline, t.shape.tensor, t.micro_batches, 1e3 * t.seconds,
                t.samples_per_second(settings.batch), 100 * t.computing / t.seconds, t.memory / 1e6,
                t.bytes / 1e6 / t.shape.ranks());
  }
  if (search.grids.size() > size_t(show))
    std::printf("and %zu slower ones\n", search.grids.size() - size_t(show));
  if (search.too_large > 0)
    std::printf("%d more need over %.4g MB a rank\n", search.too_large, cluster.memory / 1e6);
  if (search.grids.empty()) throw Error("no grid of " + std::to_string(ranks) + " ranks fits");
} catch (const Error& error) {
  return fail(error);
}
