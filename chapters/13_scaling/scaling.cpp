// Strong and weak scaling of chapter 10's program on a simulated cluster: 1, 2, 4, ... ranks. Or 1, 2, 4, ... replicas of a model that
// always has the same stages and slices, for a model that one rank could not hold.
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

// The fastest grid, or, if there is a model, so many of these.
StepTime step_on(const Cluster& cluster, HybridSettings settings, int ranks, const GridShape& model) {
  if (model.ranks() > 0) {
    const GridShape shape{ranks / model.ranks(), model.pipeline, model.tensor};
    settings.micro_batches = shape.data * model.pipeline;
    return simulate_step(cluster, settings, shape, {.steps = model.ranks() == 1 ? 2 : 1, .trace = {}});
  }
  const GridSearch search = search_grids(cluster, settings, ranks);
  if (search.grids.empty())
    throw Error("no grid of " + std::to_string(ranks) + " ranks fits: batch " + std::to_string(settings.batch) + ", " +
                std::to_string(settings.sizes.size() - 1) + " layers, " + std::to_string(int64_t(cluster.memory / 1e6)) +
                " MB a rank");
  return search.grids.front();
}

}  // namespace

int main(int argc, char** argv) try {
  ScalingOptions o;
  int64_t most = 64, pipeline = 0, tensor = 0;
  bool weak = false, data_only = false;
  std::string csv;
  Options options(
      "Time of a training step on 1, 2, 4, ... ranks of a simulated cluster: the same batch for all, or the "
      "same for each.");
  options.add("ranks", &most, "the most ranks", between(1, 16384));
  options.add("weak", &weak, "weak scaling: --batch is the rows of one rank");
  options.add("data-only", &data_only, "only the batch is divided; otherwise the fastest grid");
  options.add("pipeline", &pipeline, "stages of each model: only data ranks grow in number (0: the fastest grid)", between(0, 1000));
  options.add("tensor", &tensor, "ranks that share each layer, with --pipeline", between(0, 1000));
  options.add("csv", &csv, "write the table to this file, too");
  o.declare(options);
  if (!options.parse(argc, argv)) return 0;
  if ((pipeline > 0) != (tensor > 0) || (pipeline > 0 && data_only))
    throw Error("--pipeline and --tensor belong together, without --data-only");
  const GridShape model = data_only ? GridShape{1, 1, 1} : GridShape{pipeline > 0, int(pipeline), int(tensor)};
  const int64_t least = std::max(1, model.ranks());
  const Cluster cluster = o.load();
  std::ofstream file;
  if (!csv.empty()) {
    file.open(csv);
    if (!file) throw Error(csv + ": cannot be written");
    file << "ranks,data,pipeline,tensor,batch,seconds,samples_per_second,speedup,efficiency,computing\n";
  }

  std::printf("%s\n%s, %s scaling: batch %lld%s\n", cluster.title.c_str(), o.network().c_str(),
              weak ? "weak" : "strong", (long long)o.batch, weak ? (model.ranks() > 1 ? " a model" : " a rank") : "");
  std::printf(
      "  ranks        grid   micro-batches   batch   ms a step   samples/s    speedup  efficiency  computing "
      "  serial part\n");
  double one = 0;  // samples/s of the first row
  for (int64_t ranks = least; ranks <= most; ranks *= 2) {
    const int64_t times = ranks / least;
    HybridSettings settings = o.settings();
    if (weak) settings.batch *= size_t(times);
    if (settings.batch < size_t(ranks) && data_only) {
      std::printf("%7lld  more ranks than rows\n", (long long)ranks);
      break;
    }
    const StepTime t = step_on(cluster, settings, int(ranks), model);
    const double rate = t.samples_per_second(settings.batch);
    if (times == 1) one = rate;
    const double speedup = rate / one, efficiency = speedup / double(times);
    std::printf("%7lld %11s %15d %7zu %11.4g %11.4g %10.2f %9.1f %% %8.1f %%", (long long)ranks,
                to_string(t.shape).c_str(), t.micro_batches, settings.batch, 1e3 * t.seconds, rate, speedup,
                100 * efficiency, 100 * t.computing / t.seconds);
    if (times > 1)
      std::printf("   %9.5f", weak ? gustafson_serial(speedup, double(times)) : karp_flatt(speedup, double(times)));
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
