// Trainings on a grid of ranks, for the tests of chapters 10 and 12: the network, its data, a model on every grid, and the bound
// that its distance to the serial run has to keep.
#pragma once

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/10_hybrid/hybrid_model.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "tests/mpi_expect.h"
#include "tests/training_runs.h"

namespace grid_runs {

inline int ranks() { return ranks_of(MPI_COMM_WORLD); }
inline int rank() { return rank_of(MPI_COMM_WORLD); }

// Eight layers, so that eight stages have one each; widths that no number of ranks divides but 1 and itself; 10 classes.
inline const std::vector<int> sizes = {17, 13, 11, 13, 11, 13, 11, 13, 10};

// 7 batches of 29 rows, the last one of 26.
constexpr size_t samples = 200, batch_rows = 29;
inline Dataset data() { return random_dataset(17, samples); }

inline std::vector<GridShape> shapes_of(int n) {
  std::vector<GridShape> shapes;
  for (int d = 1; d <= n; ++d)
    for (int p = 1; p <= n; ++p)
      if (n % (d * p) == 0) shapes.push_back({d, p, n / d / p});
  return shapes;
}

inline OptimizerOptions rule(const std::string& name) {
  return {.name = name, .learning_rate = name == "adam" ? 0.001 : 0.1};
}

inline HybridSettings settings(const std::string& optimizer, int micro_batches, bool reproducible) {
  return {.sizes = sizes,
          .batch = batch_rows,
          .micro_batches = micro_batches,
          .reproducible = reproducible,
          .optimizer = rule(optimizer)};
}

inline std::string told(const GridShape& shape, const HybridSettings& s) {
  return to_string(shape) + ", " + std::to_string(s.micro_batches) + " micro-batches, " + s.schedule + ", " +
         s.optimizer.name + (s.reproducible ? ", reproducible" : "");
}

// Steps [first, last) of the training, over as many epochs as they take. Returns the losses.
template <class Step>
std::vector<double> for_each_step(const Dataset& d, int first, int last, Step step) {
  const std::vector<Range> all = batches(d.count, batch_rows);
  std::vector<double> losses;
  for (int s = first; s < last; ++s) {
    const std::vector<uint32_t> order = permutation(1, uint32_t(size_t(s) / all.size()), d.count);
    losses.push_back(step(order, all[size_t(s) % all.size()]));
  }
  return losses;
}

inline std::vector<double> train(HybridModel& model, const Dataset& d, int first, int last) {
  return for_each_step(d, first, last, [&](const std::vector<uint32_t>& order, Range batch) {
    return model.step(d, order, batch).loss;
  });
}

// Made once: MPI_Comm_split is slow where ranks outnumber cores. Never freed: MPI has ended when statics are.
inline const Grid& grid_of(const GridShape& shape) {
  static auto& grids = *new std::vector<std::pair<GridShape, const Grid*>>;
  for (const auto& [of, grid] : grids)
    if (of == shape) return *grid;
  grids.emplace_back(shape, new Grid(shape, MPI_COMM_WORLD));
  return *grids.back().second;
}

// A model at its beginning.
struct GridRun {
  CpuDevice device;
  HybridModel model;

  GridRun(const GridShape& shape, const HybridSettings& s) : model(device, grid_of(shape), s) { model.initialize(1); }
};

// How far rounding alone takes this training in `steps` steps, from tests/training_runs.h.
struct Yardstick {
  training_runs::Result serial;
  training_runs::Bound bound;
};
inline Yardstick yardstick(const std::string& optimizer, const Dataset& d, int steps, const std::vector<int>& network = sizes) {
  const training_runs::Run run{.sizes = network, .batch = batch_rows, .steps = steps, .optimizer = optimizer};
  CpuDevice cpu;
  Yardstick y{training_runs::train(cpu, run, d), {}};
  y.bound = training_runs::rounding_bound(run, d, y.serial);
  return y;
}

inline void expect_within(const Yardstick& y, const std::vector<float>& weights, const std::string& what) {
  const Distance found = compare(weights, y.serial.weights, y.serial.initial);
  EXPECT_ON_ALL_RANKS(found.max_abs <= y.bound.max_abs && found.relative <= y.bound.relative)
      << what << ": " << found << "; bound " << y.bound.max_abs << ", relative " << y.bound.relative;
}

// Training that moves nothing would agree with itself.
inline void expect_moved(const std::vector<float>& weights, const std::vector<float>& initial) {
  EXPECT_ON_ALL_RANKS(compare(weights, initial).relative > 0.001);
}

}  // namespace grid_runs
