// What chapter 07 costs: memory and bytes sent are what the formulas say, on every rank and at every level.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include <gtest/gtest.h>

#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/footprint.h"
#include "tests/07_sharded_runs.h"

namespace {

void expect_footprint(const std::vector<int>& sizes, size_t samples, const ZeroOptions& options, const std::string& name) {
  const Dataset data = random_dataset(size_t(sizes[0]), samples);
  CpuDevice device;
  ShardedRun run(device, data, sizes, samples, rule(name), options, MPI_COMM_WORLD);
  const Traffic before = traffic();
  run.step({0, samples});
  Footprint found = counted(device);
  found.sent = 4 * (traffic().floats - before.floats);

  const int state = Optimizer(device, rule(name), 0).state_vectors();
  const Footprint expected = predict(run.zero().shards(), options, state, rank());
  const std::string where = "level " + std::to_string(options.level) + ", unit " + std::to_string(options.unit) + ", " +
                            std::to_string(options.micro_batches) + " micro-batches";
  EXPECT_ON_ALL_RANKS(found.parameters == expected.parameters) << where << ": " << found.parameters << ", " << expected.parameters;
  EXPECT_ON_ALL_RANKS(found.gradients == expected.gradients) << where << ": " << found.gradients << ", " << expected.gradients;
  EXPECT_ON_ALL_RANKS(found.optimizer == expected.optimizer) << where << ": " << found.optimizer << ", " << expected.optimizer;
  EXPECT_ON_ALL_RANKS(found.exchange == expected.exchange) << where << ": " << found.exchange << ", " << expected.exchange;
  EXPECT_ON_ALL_RANKS(found.sent == expected.sent) << where << ": " << found.sent << ", " << expected.sent;
}

}  // namespace

TEST(Footprint, CountedAndPredictedAreEqual) {
  for (int level = 0; level < ways; ++level)
    for (int64_t unit : {1, 50, 1 << 30})
      for (int64_t micro_batches : {1, ranks(), 2 * ranks() + 1})
        expect_footprint(odd_sizes, 20, way(level, unit, micro_batches), "adam");
  for (int level = 0; level < ways; ++level) {
    expect_footprint(odd_sizes, 20, way(level, 1, ranks()), "sgd");
    expect_footprint(odd_sizes, 20, way(level, 1, ranks()), "momentum");
    expect_footprint(narrow_sizes, 20, way(level, 1, ranks()), "adam");
  }
}

TEST(Footprint, CountsTheMemoryOfTwoLevels) {
  const Dataset data = random_dataset(size_t(odd_sizes[0]), 20);
  for (const std::vector<int>& nodes : some_nodes()) {
    CpuDevice device;
    const ZeroOptions options{.level = 2, .micro_batches = ranks(), .two_level = true, .nodes = nodes};
    ShardedRun run(device, data, odd_sizes, 20, rule("sgd"), options, MPI_COMM_WORLD);
    run.step({0, 20});
    const size_t found = counted(device).exchange, expected = predict(run.zero().shards(), options, 0, rank()).exchange;
    EXPECT_ON_ALL_RANKS(found == expected) << testing::PrintToString(nodes) << ": " << found << ", " << expected;
  }
}

// The formulas themselves, for eight layers of equal size on four ranks, in floats.
TEST(Footprint, FormulasInNumbers) {
  const std::vector<int> sizes(9, 15);  // 8 layers of 15·15 + 15 = 240
  const Shards shards{make_units(make_layout(sizes), 1), 4};
  const size_t n = 8 * 240, shard = n / 4, unit = 240, part = 60;
  const auto expect = [&](int level, size_t parameters, size_t gradients, size_t state, size_t sent) {
    const Footprint f = predict(shards, {level, 1, 4}, 2, 1);
    EXPECT_EQ(f.parameters, 4 * parameters) << level;
    EXPECT_EQ(f.gradients, 4 * gradients) << level;
    EXPECT_EQ(f.optimizer, 4 * state) << level;
    EXPECT_EQ(f.exchange, 4 * 3 * part) << level;
    EXPECT_EQ(f.sent, 4 * sent) << level;
  };
  expect(0, n, n, 2 * n, 2 * 3 * shard);
  expect(1, n, n, 2 * shard, 2 * 3 * shard);
  expect(2, n, shard + unit, 2 * shard, 2 * 3 * shard);
  expect(3, shard + unit, shard + unit, 2 * shard, 3 * 3 * shard - 3 * part);
  EXPECT_EQ(predict(shards, way(4, 1, 4), 2, 1).parameters, 4 * (shard + 2 * unit));
  // On two nodes of two ranks each stands for two owners: two operands and a sum of their parts, and a sum of each node for its own.
  EXPECT_EQ(predict(shards, {.level = 2, .micro_batches = 4, .two_level = true, .nodes = {0, 0, 1, 1}}, 2, 1).exchange, 4 * (2 * 3 + 2) * part);
  // Units of 154, 36 and 40: the places are as large as the first and the second one, and there is a third of everything.
  EXPECT_EQ(predict({make_units(make_layout(odd_sizes), 1), 2}, way(4, 1, 2), 2, 0).parameters, 4 * (230 / 2 + 154 + 36));
}

// With 16 bits, from chapter 11's table of bytes for each weight: 2 + 2 and 4 of a master, which the optimizer keeps like its state.
TEST(Footprint, OfSixteenBits) {
  const Shards shards{make_units(make_layout(std::vector<int>(9, 15)), 1), 4};
  const size_t n = 8 * 240, shard = n / 4, unit = 240;
  for (int level = 0; level <= 3; ++level) {
    const Footprint f = predict(shards, {level, 1, 4}, 2, 1, 2), floats = predict(shards, {level, 1, 4}, 2, 1);
    EXPECT_EQ(f.optimizer, 12 * (level < 1 ? n : shard)) << level;
    EXPECT_EQ(f.parameters, 2 * (level < 3 ? n : shard + unit)) << level;
    EXPECT_EQ(f.gradients, 2 * (level < 2 ? n : shard + unit)) << level;
    EXPECT_EQ(2 * f.exchange, floats.exchange) << level;
    EXPECT_EQ(2 * f.sent, floats.sent) << level;
  }
}

// The text's example: 12 numbers in two units on 3 ranks, with Adam. The same on every rank.
TEST(Footprint, OfTheExampleByHand) {
  const Shards shards{make_units(make_layout({2, 2, 2}), 1), 3};
  const size_t numbers[4][5] = {{12, 12, 24, 4, 16}, {12, 12, 8, 4, 16}, {12, 10, 8, 4, 16}, {10, 10, 8, 4, 20}};
  for (int level = 0; level <= 3; ++level)
    for (int rank = 0; rank < 3; ++rank) {
      const Footprint f = predict(shards, {level, 1, 3}, 2, rank);
      const size_t found[5] = {f.parameters, f.gradients, f.optimizer, f.exchange, f.sent};
      for (int i = 0; i < 5; ++i) EXPECT_EQ(found[i], 4 * numbers[level][i]) << level << " " << i;
    }
}

// The memory that is counted is the memory that is used: between steps, only shards are left.
TEST(Footprint, BetweenStepsOnlyShardsAreLeft) {
  const Dataset data = random_dataset(13, 20);
  CpuDevice device;
  ShardedRun run(device, data, odd_sizes, 20, rule("adam"), {3, 1, ranks()}, MPI_COMM_WORLD);
  run.epoch();
  run.weights();
  const size_t shard = 4 * run.zero().shards().size(rank());
  EXPECT_ON_ALL_RANKS(device.memory(Purpose::parameters).live == shard);
  EXPECT_ON_ALL_RANKS(device.memory(Purpose::gradients).live == shard);
  EXPECT_ON_ALL_RANKS(device.memory(Purpose::optimizer).live == 2 * shard);
}

// With prefetch: what was allocated at first is all that there ever is, two units beside the shard.
TEST(Footprint, PrefetchAllocatesOnce) {
  const Dataset data = random_dataset(13, 20);
  CpuDevice device;
  ShardedRun run(device, data, odd_sizes, 20, rule("adam"), way(4, 1, ranks()), MPI_COMM_WORLD);
  const size_t at_first = device.memory(Purpose::parameters).live;
  run.epoch();
  run.weights();
  EXPECT_ON_ALL_RANKS(at_first == 4 * (run.zero().shards().size(rank()) + 154 + 36));
  EXPECT_ON_ALL_RANKS(device.memory(Purpose::parameters).live == at_first && device.memory(Purpose::parameters).peak == at_first);
}
