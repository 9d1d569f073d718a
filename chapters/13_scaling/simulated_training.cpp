#include "chapters/13_scaling/simulated_training.h"

#include <cstdio>

#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/13_scaling/scaling_options.h"
#include "common/writable.h"

void SimulatedTraining::declare(Options& options) {
  add_cluster(options, cluster);
  add_products(options, products);
  options.add("replicas", &replicas, "ranks that share the batch", between(1, 16384));
  options.add("pipeline", &pipeline, "ranks that share the layers", between(1, 1000));
  options.add("tensor", &tensor, "ranks that share each layer", between(1, 1000));
  options.add("reproducible", &reproducible,
              "the same bits whatever the data and pipeline splits: name --micro-batches");
  options.add("compare-with-serial", &compare_with_serial, "train again on one core, and compare");
  options.add("trace", &trace, "write a timeline of all ranks to this file");
  TrainOptions::declare(options);
}

void SimulatedTraining::apply(Dataset& train) {
  require_writable(trace);
  grid = {int(replicas), int(pipeline), int(tensor)};
  if (micro_batches == 0) micro_batches = replicas;
  TrainOptions::apply(train);
}

Cluster SimulatedTraining::load() const { return load_cluster(cluster, products); }

HybridSettings SimulatedTraining::settings(const Dataset& train) const {
  return {.sizes = sizes(train),
          .batch = size_t(batch),
          .micro_batches = int(micro_batches),
          .reproducible = reproducible,
          .optimizer = optimizer};
}

int SimulatedTraining::tell(const Simulated& simulated, const Dataset& train,
                            std::span<const float> weights) const {
  const Cluster where = load();
  HybridSettings alone = settings(train);
  alone.micro_batches = 1;
  alone.allreduce = "mpi";
  const double one = simulate_step(where, alone, {1, 1, 1}).seconds;
  const double steps = double(epochs) * double(batches(train.count, size_t(batch)).size()),
               step = seconds / steps;
  const RankTime sum = simulated.sum();
  std::printf("simulated: %s of: %s\n", to_string_of_ranks(grid.ranks(), where).c_str(), where.title.c_str());
  std::printf("  %.4g ms a step, %.4g samples/s; one rank %.4g ms; speedup %.2f, efficiency %.1f %%\n",
              1e3 * step, double(epochs) * double(train.count) / seconds, 1e3 * one, one / step,
              100 * one / step / grid.ranks());
  std::printf("  with evaluation %.4g s, of which ranks compute %.1f %%; %zu messages, %.4g MB\n",
              simulated.seconds, 100 * sum.computing / sum.seconds, sum.messages, 1e-6 * sum.bytes);
  if (!compare_with_serial) {
    std::printf("distance to the serial run: not measured (--compare-with-serial does)\n");
    return 0;
  }
  const bool same_order = tensor == 1 && (reproducible || replicas == 1);
  return tell_distance_to_serial(*this, same_order, grid.ranks(), train, weights, 0);
}
