// ranks: 1 2 3 5
//
// Sharded masters: a step against plain loops, and an overflow that one rank sees.
#include <gtest/gtest.h>

#include <cmath>

#include "chapters/07_sharded_optimizer/footprint.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/sharded_masters.h"
#include "common/philox.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

namespace {

using Floats = std::vector<float>;
constexpr float infinity = std::numeric_limits<float>::infinity();

struct Net {
  FewerBitsDevice device{"bf16"};
  Layout layout = make_layout({5, 7, 3});
  size_t n = layout.count;
  Buffer<> parameters{device, n, Purpose::parameters}, gradients{device, n, Purpose::gradients};
  Mlp mlp{device, layout, parameters, gradients, {.rows = 2}};
  Net() { std::ranges::copy(test_floats(n, 1), parameters.data()); }
  Floats weights() const { return {parameters.data(), parameters.data() + n}; }
};

Floats gradient_of(int step, int r, size_t n) { return test_floats(n, uint32_t(100 + 10 * step + r)); }

// Momentum by hand: masters of the whole vector, gradients rounded once by their sender, added in rank order.
TEST(Masters, StepAsPlainLoopsDo) {
  Net net;
  LossScale scale({.initial = 4, .dynamic = true, .good_steps = 2});
  ShardedMasters update(net.mlp, net.parameters, net.gradients, {.name = "momentum", .learning_rate = 0.25, .momentum = 0.5}, MPI_COMM_WORLD);
  Floats masters = test_floats(net.n, 1), velocity(net.n, 0.0f), copies;
  for (float x : masters) copies.push_back(rounded(x, bf16_format));
  EXPECT_ON_ALL_RANKS(net.weights() == copies);
  const double scales[] = {4, 4, 8};  // that the gradients of each step are larger by
  for (int step = 0; step < 3; ++step) {
    Floats sum(net.n);
    for (int r = 0; r < ranks; ++r) {
      const Floats g = gradient_of(step, r, net.n);
      for (size_t i = 0; i < net.n; ++i) sum[i] = r == 0 ? rounded(g[i], bf16_format) : sum[i] + rounded(g[i], bf16_format);
    }
    for (size_t i = 0; i < net.n; ++i) {
      velocity[i] = 0.5f * velocity[i] + sum[i] / float(scales[step]);
      masters[i] -= 0.25f * velocity[i];
      copies[i] = rounded(masters[i], bf16_format);
    }
    std::ranges::copy(gradient_of(step, rank, net.n), net.gradients.data());
    const double loss = update.step(rank + 1, scale);
    EXPECT_ON_ALL_RANKS(net.weights() == copies) << "step " << step;
    EXPECT_ON_ALL_RANKS(loss == ranks * (ranks + 1) / 2);
    const Range own = update.shard();
    EXPECT_ON_ALL_RANKS(std::equal(update.masters(), update.masters() + own.size(), masters.begin() + long(own.first)));
    EXPECT_ON_ALL_RANKS(double(update.sent()) == 2.0 * double(net.n - own.size()) + 2.0 * double(own.size()) * (ranks - 1));
  }
  EXPECT_ON_ALL_RANKS(scale.value() == 8);  // 4 · 2, one good step since
  // Of masters and of the state only the shard is in memory: with the whole weights n, gradients n and their sums.
  const size_t own = update.shard().size();
  EXPECT_ON_ALL_RANKS(net.device.memory(Purpose::parameters).live == 4 * (net.n + own));
  EXPECT_ON_ALL_RANKS(net.device.memory(Purpose::gradients).live == 4 * (net.n + own));
  EXPECT_ON_ALL_RANKS(net.device.memory(Purpose::optimizer).live == 4 * own);
  // By chapter 07's formula for level 1 and two bytes: what is sent, and masters and velocity together.
  const Footprint formula = predict({make_units(net.layout, net.n), ranks}, {1, 1, ranks}, 1, rank, 2);
  EXPECT_ON_ALL_RANKS(update.sent() == formula.sent && 8 * own == formula.optimizer);
}

// One number that is not finite, in the shard of one rank, from another one: nobody takes the step, all halve their scale.
TEST(Masters, AgreeAboutAnOverflow) {
  for (const float bad : {infinity, -infinity, std::nanf("")})
    for (int sender = 0; sender < ranks; ++sender)
      for (const size_t at : {size_t(0), size_t(33), size_t(65)}) {
        Net net;
        LossScale scale({.initial = 64, .dynamic = true});
        ShardedMasters update(net.mlp, net.parameters, net.gradients, {}, MPI_COMM_WORLD);
        std::ranges::copy(gradient_of(0, rank, net.n), net.gradients.data());
        if (rank == sender) net.gradients[at] = bad;
        const Floats before = net.weights();
        const double loss = update.step(0.5, scale);
        EXPECT_ON_ALL_RANKS(net.weights() == before && scale.value() == 32 && scale.skipped() == 1);
        EXPECT_ON_ALL_RANKS(loss == 0.5 * ranks);
        net.gradients[at] = 1;
        std::ranges::copy(gradient_of(0, rank, net.n), net.gradients.data());
        update.step(0.5, scale);
        EXPECT_ON_ALL_RANKS(net.weights() != before && scale.value() == 32 && scale.skipped() == 1);
      }
}

}  // namespace
