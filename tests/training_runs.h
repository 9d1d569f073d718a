// Short training runs on any device, and how far apart two of them may be.
#pragma once

#include <algorithm>
#include <vector>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "common/compare.h"

namespace training_runs {

struct Run {
  std::vector<int> sizes = {784, 32, 10};
  size_t batch = 32;
  size_t samples = 0;  // of the epoch; 0: all
  int steps = 50;
  std::string optimizer = "sgd";
  // The order in which the rows of a batch are laid: another order adds up the same gradient in another order.
  enum Order { as_they_come, reversed, rotated, interleaved } order = as_they_come;
};

inline void reorder(uint32_t* first, uint32_t* last, Run::Order order) {
  const ptrdiff_t n = last - first;
  if (order == Run::reversed) std::reverse(first, last);
  if (order == Run::rotated) std::rotate(first, first + n / 3, last);
  if (order == Run::interleaved)
    std::stable_partition(first, last, [&, i = 0](uint32_t) mutable { return i++ % 2 == 0; });
}

struct Result {
  std::vector<float> initial, weights;
  double loss = 0;      // of the last step
  double accuracy = 0;  // on `test`
};

// The training loop of chapter 01, for `steps` steps on the first `samples` samples.
inline Result train(Device& device, const Run& run, const Dataset& data, const Dataset* test = nullptr) {
  const Layout layout = make_layout(run.sizes);
  Result result{std::vector<float>(layout.count), std::vector<float>(layout.count)};
  initialize(result.initial.data(), layout, 1);
  const Buffer<> parameters(device, layout.count, Purpose::parameters),
      gradients(device, layout.count, Purpose::gradients);
  device.copy_in(parameters.data(), result.initial.data(), layout.count);
  const Space space{.rows = int(run.batch)};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  OptimizerOptions options{.name = run.optimizer};
  if (run.optimizer == "adam") options.learning_rate = 0.001;
  Optimizer optimizer(device, options, layout.count);

  const size_t samples = run.samples ? run.samples : data.count;
  int step = 0;
  for (uint32_t epoch = 0; step < run.steps; ++epoch) {
    std::vector<uint32_t> order = permutation(1, epoch, samples);
    for (const Range batch : batches(samples, run.batch)) {
      if (step++ == run.steps) break;
      reorder(order.data() + batch.first, order.data() + batch.last, run.order);
      load_images(mlp, data, order, batch);
      head.load_labels(data, order, batch);
      mlp.forward(int(batch.size()));
      head.backward(mlp, batch.size());
      mlp.backward(Write::overwrite);
      result.loss = head.loss(mlp, batch.size());
      optimizer.step(parameters, gradients);
    }
  }
  if (test) result.accuracy = double(count_correct(mlp, *test, {0, test->count})) / double(test->count);
  device.copy_out(result.weights.data(), parameters.data(), layout.count);
  return result;
}

inline Distance distance(const Result& a, const Result& b) {
  return compare(a.weights, b.weights, b.initial);
}

// Ten times the largest distance that the CPU device shows to itself when the rows of its batches are summed in other
// orders: what rounding alone does to this run, with a margin for orders that were not tried.
struct Bound {
  double max_abs = 0, relative = 0;
};
inline Bound rounding_bound(const Run& run, const Dataset& data, const Result& serial) {
  CpuDevice cpu;
  Bound bound;
  for (Run::Order order : {Run::reversed, Run::rotated, Run::interleaved}) {
    Run other = run;
    other.order = order;
    const Distance d = distance(train(cpu, other, data), serial);
    bound.max_abs = std::max(bound.max_abs, 10 * d.max_abs);
    bound.relative = std::max(bound.relative, 10 * d.relative);
  }
  return bound;
}

// Trains on both devices and expects weights within that bound of each other. Training must have moved them, or the
// comparison would be of nothing.
inline void expect_parity(Device& device, const Run& run, const Dataset& data) {
  CpuDevice cpu;
  const Result serial = train(cpu, run, data), tested = train(device, run, data);
  ASSERT_GT(compare(serial.weights, serial.initial).relative, 0.001) << "training moved nothing";
  const Bound bound = rounding_bound(run, data, serial);
  const Distance d = distance(tested, serial);
  std::cout << run.optimizer << ", " << run.steps << " steps: " << d << "; bound " << bound.max_abs
            << ", relative " << bound.relative << "\n";
  EXPECT_TRUE(d.max_abs <= bound.max_abs && d.relative <= bound.relative)
      << d << "; bound " << bound.max_abs << ", relative " << bound.relative;
}

}  // namespace training_runs
