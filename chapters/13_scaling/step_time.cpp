#include "chapters/13_scaling/step_time.h"

#include <algorithm>
#include <numeric>

#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/13_scaling/modelled_device.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/progress.h"

namespace {

// Images without pixels: nothing is copied into memory that has no contents.
Dataset empty_images(size_t rows) {
  Dataset data;
  data.count = rows;
  data.labels.assign(rows, 0);
  return data;
}

}  // namespace

StepTime simulate_step(const Cluster& cluster, const HybridSettings& settings, const GridShape& shape,
                       const StepOptions& options) {
  const Dataset data = empty_images(settings.batch);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  const int ranks = shape.ranks();
  RankTime before, after;  // of all ranks together, but the seconds are those of the slowest
  double operations = 0;

  const auto note = [&](RankTime& sum) {
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    const RankTime mine = time_so_far();
    sum.seconds = std::max(sum.seconds, mine.seconds);
    sum.computing += mine.computing;
    sum.messages += mine.messages;
    sum.bytes += mine.bytes;
  };
  const auto program = [&] {
    ModelledDevice device(cluster, Contents::none);
    const Grid grid(shape, MPI_COMM_WORLD);
    if (rank_at(grid.place, shape) == options.slow_rank) device.set_slowness(options.slowness);
    HybridModel model(device, grid, settings);
    const auto step = [&] { model.step(data, order, {0, data.count}); };
    step();
    note(before);
    const double operations_before = device.operations();
    for (int s = 0; s < options.steps; ++s) step();
    operations += device.operations() - operations_before;
    note(after);
  };
  const Work work = simulate(cluster, ranks, program, options.trace).work;

  StepTime result{.shape = shape, .micro_batches = settings.micro_batches, .work = work};
  result.seconds = (after.seconds - before.seconds) / options.steps;
  result.computing = (after.computing - before.computing) / options.steps / ranks;
  result.operations = operations / options.steps;
  result.messages = (after.messages - before.messages) / size_t(options.steps);
  result.bytes = (after.bytes - before.bytes) / options.steps;
  result.memory = double(largest_footprint(settings, shape).sum());
  return result;
}

namespace {

std::vector<GridShape> shapes_to_try(const Cluster& cluster, const HybridSettings& settings, int ranks) {
  std::vector<GridShape> shapes;
  const int layers = int(settings.sizes.size()) - 1;
  for (int tensor = 1; tensor <= std::min(ranks, cluster.ranks_per_node); ++tensor)
    for (int pipeline = 1; pipeline * tensor <= ranks && pipeline <= layers; ++pipeline) {
      const GridShape shape{ranks / tensor / pipeline, pipeline, tensor};
      const bool divides = shape.ranks() == ranks && cluster.ranks_per_node % tensor == 0;
      if (divides && size_t(shape.data) <= settings.batch) shapes.push_back(shape);
    }
  return shapes;
}

// The best number of micro-batches; 0 seconds if every one needs too much memory.
StepTime best_step(const Cluster& cluster, HybridSettings settings, const GridShape& shape) {
  StepTime best;
  for (int each = 1; each <= (shape.pipeline == 1 ? 1 : 4 * shape.pipeline); each *= 2) {
    settings.micro_batches = each * shape.data;
    if (size_t(settings.micro_batches) > settings.batch) break;
    if (cluster.memory > 0 && double(largest_footprint(settings, shape).sum()) > cluster.memory) continue;
    const StepTime time = simulate_step(cluster, settings, shape, {.steps = 1, .trace = {}});
    if (best.seconds == 0 || time.seconds < best.seconds) best = time;
  }
  return best;
}

}  // namespace

GridSearch search_grids(const Cluster& cluster, const HybridSettings& settings, int ranks) {
  GridSearch search;
  const std::vector<GridShape> shapes = shapes_to_try(cluster, settings, ranks);
  Progress progress(shapes.size(), 0);
  for (const GridShape& shape : shapes) {
    const StepTime best = best_step(cluster, settings, shape);
    if (best.seconds > 0)
      search.grids.push_back(best);
    else
      ++search.too_large;
    progress.step("simulated " + to_string(shape));
  }
  std::ranges::sort(search.grids, {}, &StepTime::seconds);
  return search;
}
