// ranks: 1 2 3 5
//
// A gradient that is not finite on one rank: all ranks skip the step, with the same loss scale afterwards.
#include <gtest/gtest.h>

#include "chapters/06_data_parallel/exchange.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/loss_scale.h"
#include "tests/data_sets.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

namespace {

// Four steps on 30 samples; in the step `bad` one number of the last rank's gradient is infinite. After each step: was it taken, the
// scale, and the weights.
struct Step {
  bool taken;
  double scale;
  std::vector<float> weights;
};
std::vector<Step> run(bool reproducible, int bad) {
  FewerBitsDevice device("half");
  const Dataset data = data_sets::tiny_data(30);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  DataParallelOptions o(ranks);
  o.batch = 30;
  o.micro_batches = reproducible ? ranks : 1;
  o.reproducible = reproducible;
  const Layout layout = make_layout({4, 6, 3});
  const Buffer<> parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  initialize(parameters.data(), layout, 1);
  Mlp mlp(device, layout, parameters, gradients, {.rows = o.largest_micro_batch()});
  SoftmaxHead head(device, {.rows = o.largest_micro_batch()});
  Optimizer optimizer(device, {}, layout.count);
  LossScale scale({.initial = 256, .dynamic = true, .good_steps = 2});
  const auto exchange = make_exchange(o, data.count, mlp, head, gradients);
  std::vector<Step> steps;
  for (int step = 0; step < 4; ++step) {
    double loss = 0;
    for (int m = 0; m < o.micro_batches; ++m) {
      const Range mine = exchange->begin({0, 30}, m);
      if (mine.empty()) continue;
      load_images(mlp, data, order, mine);
      head.load_labels(data, order, mine);
      mlp.forward(int(mine.size()));
      head.backward(mlp, 30);
      scale.scale(mlp);
      if (step == bad && rank == ranks - 1) mlp.output_gradient()[0] = 0x1p120f;  // too large for a half
      mlp.backward(Write::overwrite);
      loss += head.loss(mlp, 30);
    }
    exchange->finish(loss);
    const bool taken = scale.unscale(device, gradients, layout.count);
    if (taken) optimizer.step(parameters, gradients);
    steps.push_back({taken, scale.value(), {parameters.data(), parameters.data() + layout.count}});
  }
  return steps;
}

TEST(Scale, IsAgreedByAllRanks) {
  for (const bool reproducible : {false, true}) {
    const std::vector<Step> steps = run(reproducible, 1), good = run(reproducible, -1);
    // Taken, skipped and halved, taken twice and doubled.
    const std::vector<double> scales = {256, 128, 128, 256};
    bool right = true;
    for (size_t i = 0; i < steps.size(); ++i) right = right && steps[i].taken == (i != 1) && steps[i].scale == scales[i];
    EXPECT_ON_ALL_RANKS(right) << "reproducible " << reproducible;
    EXPECT_ON_ALL_RANKS(steps[1].weights == steps[0].weights);
    // What follows is the run without the bad step, one later: scales are powers of two and change nothing here.
    EXPECT_ON_ALL_RANKS(steps[2].weights == good[1].weights && steps[3].weights == good[2].weights);
    EXPECT_ON_ALL_RANKS(good[0].weights != good[1].weights);
  }
}

}  // namespace
