// What chapter 07 claims: every level of sharding, every size of unit and every update rule gives the bits of the serial run
// with the same micro-batches and of plain data parallelism, and weights are gathered when the text says.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include <gtest/gtest.h>

#include <deque>
#include <numeric>
#include <tuple>

#include "chapters/01_serial/serial_training.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/messages.h"
#include "common/philox.h"
#include "tests/07_sharded_runs.h"
#include "tests/late_device.h"
#include "tests/recorded_calls.h"

// --- Shards ----------------------------------------------------------------------------------------------------------

TEST(Shards, EveryElementHasOneOwner) {
  for (const std::vector<int>& sizes : {odd_sizes, narrow_sizes, {784, 512, 256, 10}})
    for (size_t smallest : {size_t(1), size_t(50), size_t(200000), size_t(1) << 30})
      for (int parts : {1, 2, 3, 4, 5, 7, 8, 16}) {
        const Layout layout = make_layout(sizes);
        const Shards shards{make_units(layout, smallest), parts};
        size_t next = 0, owned = 0;
        for (size_t u = 0; u < shards.units.size(); ++u)
          for (int r = 0; r < parts; ++r) {
            ASSERT_EQ(shards.part(u, r).first, next);
            next = shards.part(u, r).last;
          }
        for (int r = 0; r < parts; ++r) owned += shards.size(r);
        EXPECT_EQ(next, layout.count);
        EXPECT_EQ(owned, layout.count);
      }
}

TEST(Shards, UnitsAreWholeLayersAndAsLargeAsAsked) {
  const Layout layout = make_layout(odd_sizes);  // 154, 36 and 40 parameters
  const auto sizes_of_units = [&](size_t smallest) {
    std::vector<size_t> sizes;
    for (const Unit& unit : make_units(layout, smallest)) sizes.push_back(unit.range.size());
    return sizes;
  };
  EXPECT_EQ(sizes_of_units(1), (std::vector<size_t>{154, 36, 40}));
  EXPECT_EQ(sizes_of_units(40), (std::vector<size_t>{190, 40}));  // 40 are enough
  EXPECT_EQ(sizes_of_units(41), (std::vector<size_t>{154, 76}));
  EXPECT_EQ(sizes_of_units(76), (std::vector<size_t>{154, 76}));
  EXPECT_EQ(sizes_of_units(77), (std::vector<size_t>{230}));
  const Shards shards{make_units(layout, 41), 3};
  EXPECT_EQ(shards.unit_of(0), 0u);
  EXPECT_EQ(shards.unit_of(1), 1u);
  EXPECT_EQ(shards.unit_of(2), 1u);
}

// Layers of 2, 2 and 4 parameters: with 8 ranks the first and last rank have nothing of two of them.
TEST(Shards, AreMeasuredWithEmptyParts) {
  for (int parts : {1, 3, 8, 16}) {
    const Shards shards{make_units(make_layout(narrow_sizes), 1), parts};
    EXPECT_EQ(shards.largest_unit(), 4u);
    for (int r = 0; r < parts; ++r) {
      size_t size = 0, largest = 0;
      for (size_t n : {2, 2, 4}) {
        const size_t part = n * size_t(r + 1) / size_t(parts) - n * size_t(r) / size_t(parts);
        size += part, largest = std::max(largest, part);
      }
      EXPECT_EQ(shards.size(r), size);
      EXPECT_EQ(shards.largest_part(r), largest) << parts << " " << r;
    }
  }
}

// The data of tests and benchmarks, number by number: chapter 01's generator, an element a word.
TEST(RandomDataset, HasAllPixelsAndTenClasses) {
  const Dataset data = random_dataset(7, 50);
  EXPECT_EQ(data.count, 50u);
  EXPECT_EQ(data.features(), 7u);
  EXPECT_EQ(data.height, 1u);
  ASSERT_EQ(data.pixels.size(), 350u);
  ASSERT_EQ(data.labels.size(), 50u);
  for (uint32_t i = 0; i < 350; ++i) EXPECT_EQ(data.pixels[i], random_words(1, RandomStream::test, 0, i)[0] & 255);
  for (uint32_t r = 0; r < 50; ++r) {
    const uint32_t word = random_words(1, RandomStream::test, 1, r)[0];
    EXPECT_EQ(data.labels[r], word - word / 10 * 10);
  }
}

// --- The same bits ---------------------------------------------------------------------------------------------------

class EveryRule : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(, EveryRule, testing::Values("sgd", "momentum", "adam"),
                         [](const auto& info) { return std::string(info.param); });

// With one rank this is the serial run of chapter 01 with one batch at a time.
TEST_P(EveryRule, OneMicroBatchPerRankGivesTheBitsOfTheSerialRun) {
  expect_serial_bits({odd_sizes, 43, 20, ranks()}, {1, 50, 1 << 30}, GetParam());
}

// Up to 4 ranks in several rounds, from 7 ranks on with ranks that never have rows.
TEST_P(EveryRule, AnyNumberOfMicroBatchesGivesTheBitsOfTheSerialRun) {
  expect_serial_bits({odd_sizes, 43, 20, 5}, {50}, GetParam());
}

TEST_P(EveryRule, PartsMayBeEmpty) { expect_serial_bits({narrow_sizes, 43, 20, ranks()}, {1}, GetParam()); }

TEST_P(EveryRule, EveryLevelGivesTheBitsOfPlainDataParallelism) {
  const Dataset data = random_dataset(13, 60);
  const std::vector<float> plain = train_plainly(data, odd_sizes, 20, rule(GetParam()));
  for (int level = 0; level <= 3; ++level) {
    CpuDevice device;
    ShardedRun run(device, data, odd_sizes, 20, rule(GetParam()), {level, 1, ranks()}, MPI_COMM_WORLD);
    run.epoch();
    const std::vector<float> weights = run.weights();
    EXPECT_ON_ALL_RANKS(compare(weights, plain).same_bits()) << "level " << level << ": " << compare(weights, plain);
  }
}

// One row, fewer rows than ranks, and batches that the ranks divide or not.
TEST(Zero, BatchesOfAnySizeGiveTheBitsOfTheSerialRun) {
  for (size_t batch : {1, 5, 64, 128, 130})
    expect_serial_bits({odd_sizes, 2 * batch + batch / 2 + 1, batch, ranks()}, {50}, "momentum");
}

TEST(Zero, HasTheBitsOfTheSerialRunOnCudaTooThroughTheHost) {
  std::unique_ptr<Device> device;
  try {
    device = make_device("cuda");
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  for (size_t batch : {5, 130}) {
    const Dataset data = random_dataset(13, 2 * batch);
    const Trained serial = train_serially(*device, data, odd_sizes, batch, ranks(), rule("adam"));
    for (int level = 0; level < ways; ++level) {
      ZeroOptions options = way(level, 1, ranks());
      options.exchange = "host";
      ShardedRun run(*device, data, odd_sizes, batch, rule("adam"), options, MPI_COMM_WORLD);
      run.epoch();
      const std::vector<float> weights = run.weights();
      EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits())
          << "batch " << batch << ", level " << level << ": " << compare(weights, serial.weights);
    }
  }
}

// As in a pipeline, somebody asks for the gradient of the first layer's input, which needs its weights in backward, too.
TEST(Zero, HasTheWeightsForTheGradientOfTheInput) {
  const Dataset data = random_dataset(13, 20);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  const Space space{.rows = 20, .input_gradient = true};
  const Layout layout = make_layout(odd_sizes);
  std::vector<float> weights(layout.count), gradients(layout.count);
  initialize(weights.data(), layout, 1);
  const auto input_gradient = [&](Mlp& mlp) {
    SoftmaxHead head(mlp.device(), space);
    load_images(mlp, data, order, {0, 20});
    head.load_labels(data, order, {0, 20});
    mlp.forward(20);
    head.backward(mlp, 20);
    mlp.backward(Write::overwrite);
    return std::vector<float>(mlp.input_gradient(), mlp.input_gradient() + 20 * 13);
  };
  CpuDevice device;
  Mlp alone(device, layout, weights.data(), gradients.data(), space);
  const std::vector<float> expected = input_gradient(alone);
  EXPECT_TRUE(std::ranges::any_of(expected, [](float x) { return x != 0; }));
  for (const bool prefetch : {false, true}) {
    Mlp mlp(device, layout, nullptr, nullptr, space);
    Zero zero(mlp, rule("sgd"), way(prefetch ? 4 : 3, 1, ranks()), MPI_COMM_WORLD);
    zero.load(weights);
    zero.begin_round({0, 20}, 0);
    EXPECT_ON_ALL_RANKS(compare(input_gradient(mlp), expected).same_bits()) << prefetch;
  }
}

TEST(Zero, RunsOnSomeOfTheRanks) {
  MPI_Comm half;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank() % 2, -rank(), &half));
  const Dataset data = random_dataset(13, 43);
  CpuDevice device;
  ShardedRun run(device, data, odd_sizes, 20, rule("adam"), {3, 1, ranks_of(half)}, half);
  run.epoch();
  const Trained serial = train_serially(data, odd_sizes, 20, ranks_of(half), rule("adam"));
  const std::vector<float> weights = run.weights();
  EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits());
  MPI_CHECK(MPI_Comm_free(&half));
}

// Two halves of the ranks at the same time, in descending order, at every level, in one level of nodes and in two, and clipped: each ends as
// one rank alone with as many micro-batches.
TEST(Zero, HalvesOfTheRanksTrainAtTheSameTime) {
  MPI_Comm half;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank() % 2, -rank(), &half));
  const Dataset data = random_dataset(13, 43);
  OptimizerOptions clipped = rule("momentum");
  clipped.clip_norm = 0.05;
  const auto train = [&](const ZeroOptions& options, MPI_Comm comm) {
    CpuDevice device;
    ShardedRun run(device, data, odd_sizes, 20, clipped, options, comm);
    const double loss = run.epoch();
    return std::tuple{loss, run.weights(), run.count_correct()};
  };
  const auto alone = train(way(0, 1, ranks_of(half)), MPI_COMM_SELF);
  const bool one_node = on_one_host();  // else two levels have another order of sums
  for (int level = 0; level < ways; ++level)
    for (const bool two_level : {false, true}) {
      ZeroOptions options = way(level, 1, ranks_of(half));
      options.two_level = two_level && one_node;
      EXPECT_ON_ALL_RANKS(train(options, half) == alone) << "level " << level << (two_level ? ", in two levels" : "");
    }
  MPI_CHECK(MPI_Comm_free(&half));
}

TEST(Zero, WorksWhereEverythingComesAsLateOrAsEarlyAsItMay) {
  const Dataset data = random_dataset(13, 43);
  for (int micro_batches : {ranks(), 2 * ranks()}) {
    const Trained serial = train_serially(data, odd_sizes, 20, micro_batches, rule("adam"));
    for (int i = 0; i < 2 * ways; ++i) {
      const int level = i / 2;
      const bool at_once = i % 2 == 1;
      LateDevice device(at_once);
      ShardedRun run(device, data, odd_sizes, 20, rule("adam"), way(level, 1, micro_batches), MPI_COMM_WORLD);
      run.epoch();
      const std::vector<float> weights = run.weights();
      EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits()) << "level " << level << (at_once ? " at once: " : " late: ") << compare(weights, serial.weights);
    }
  }
}

// With a limit that every gradient exceeds: each rank knows the squares of its shard only.
TEST(Zero, ClipsToTheBitsOfTheSerialRun) {
  OptimizerOptions clipped = rule("momentum");
  clipped.clip_norm = 0.05;
  const Dataset data = random_dataset(13, 43);
  const auto serially = [&](const OptimizerOptions& o) {
    CpuDevice device;
    SerialTraining training(device, odd_sizes, o, 20, 1);
    std::vector<uint32_t> order(data.count);
    std::iota(order.begin(), order.end(), 0u);
    for (const Range batch : batches(data.count, 20)) training.step(data, order, batch, 5);
    return training.weights();
  };
  const std::vector<float> serial = serially(clipped);
  EXPECT_FALSE(compare(serial, serially(rule("momentum"))).same_bits());
  for (int level = 0; level <= 3; ++level)
    for (const bool late : {false, true}) {
      const std::unique_ptr<Device> device = test_device(late ? "late" : "cpu");
      ShardedRun run(*device, data, odd_sizes, 20, clipped, {level, 1, 5}, MPI_COMM_WORLD);
      run.epoch();
      const std::vector<float> weights = run.weights();
      EXPECT_ON_ALL_RANKS(compare(weights, serial).same_bits()) << level << late << ": " << compare(weights, serial);
    }
}

// The receives for a layer's gradients are posted before the layer is computed, and each rank begins to send at its right neighbour.
// Level 1, one micro-batch a rank: for each layer from the last one receives, dx, dw and sends, then for each a gathering of weights.
TEST(Zero, PostsReceivesEarlyAndBeginsWithTheRightNeighbour) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Dataset data = random_dataset(13, 20);
  RecordingDevice device;
  ShardedRun run(device, data, {13, 11, 9, 10}, 20, rule("sgd"), {1, 1, ranks()}, MPI_COMM_WORLD);
  const std::vector<Recorded> calls = record([&] { run.step({0, 20}); });
  const std::string receives(size_t(ranks() - 1), 'R'), sends(size_t(ranks() - 1), 'S'), gather = sends + receives;
  const std::string expected = receives + "xw" + sends + receives + "xw" + sends + receives + "w" + sends + gather + gather + gather;
  EXPECT_ON_ALL_RANKS(letters_of(calls) == expected) << letters_of(calls) << ", expected " << expected;
  EXPECT_ON_ALL_RANKS(begin_at_the_right(calls, "MPI_Isend", rank(), ranks()));
}

// letters_of, and a bar where the rank waits for messages.
std::string letters_and_waits(const std::vector<Recorded>& calls) {
  std::string letters;
  for (const Recorded& call : calls) letters += call.what == "MPI_Waitall" ? "|" : letters_of({call});
  return letters;
}

// Level 3: with prefetch, the messages with the next layer's weights are in MPI's hands before a layer computes, and nobody waits for them
// before it has computed; the first layer's backward needs none. The bytes are the same. Nothing of a layer's gradients is sent before
// they are there.
TEST(Zero, PrefetchesTheNextWeightsBeforeItComputes) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Dataset data = random_dataset(13, 20);
  const std::string r(size_t(ranks() - 1), 'R'), s(size_t(ranks() - 1), 'S'), wait = ranks() > 1 ? "|" : "", gather = s + r;
  size_t sent[2];
  for (const bool prefetch : {false, true}) {
    RecordingDevice device;
    ShardedRun run(device, data, {13, 11, 9, 10}, 20, rule("sgd"), way(prefetch ? 4 : 3, 1, ranks()), MPI_COMM_WORLD);
    const Traffic before = traffic();
    const std::vector<Recorded> calls = record([&] { run.step({0, 20}); });
    sent[prefetch] = traffic().floats - before.floats;
    const std::string forward = gather + wait + gather + wait + gather + wait,
                      last = gather + wait + (prefetch ? gather : "") + r + "xw" + s + wait,
                      middle = (prefetch ? "" : gather) + wait + r + "xw" + s + wait, first = r + "w" + s + wait;
    EXPECT_ON_ALL_RANKS(letters_and_waits(calls) == forward + last + middle + first) << letters_and_waits(calls);
    EXPECT_ON_ALL_RANKS(begin_at_the_right(calls, "MPI_Isend", rank(), ranks()));
  }
  EXPECT_ON_ALL_RANKS(sent[0] == sent[1]);
}

// Forward too: a device that notes when a layer's product begins, among the messages.
struct ForwardRecorder : RecordingDevice {
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation a, int rows, int in, int out) override {
    { const TraceRegion begins("dx", 0); }
    CpuDevice::linear_forward(y, x, w, b, a, rows, in, out);
  }
};

// When these calls of a rank come to the end of product number `products`, on a clock that is known: the network gathers one unit after
// another, each in g, beginning when the receives are posted; a product takes c; a wait lasts until the oldest gathering is through.
int time_of(const std::vector<Recorded>& calls, int products, int g, int c) {
  int now = 0, network = 0;
  bool posting = false;
  std::deque<int> through;
  for (const Recorded& call : calls) {
    const bool receive = call.what == "MPI_Irecv";
    if (receive && !posting) through.push_back(network = std::max(network, now) + g);
    posting = receive;
    if (call.what == "MPI_Waitall" && !through.empty()) now = std::max(now, through.front()), through.pop_front();
    if (call.what == "dx") now += c, --products;
    if (products == 0) return now;
  }
  return -1;
}

// The text's picture (6 and 4) and formula: L (g + c) becomes g + (L - 1) max(g, c) + c. Messages begun early and waited for at once
// would hide nothing.
TEST(Zero, PrefetchHidesTheGatheringBehindTheLayerBefore) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Dataset data = random_dataset(13, 20);
  const std::string gather = std::string(size_t(ranks() - 1), 'S') + std::string(size_t(ranks() - 1), 'R');
  for (const bool prefetch : {false, true}) {
    ForwardRecorder device;
    ShardedRun run(device, data, {13, 11, 9, 10}, 20, rule("sgd"), way(prefetch ? 4 : 3, 1, ranks()), MPI_COMM_WORLD);
    const std::vector<Recorded> calls = record([&] { run.step({0, 20}); });
    const std::string expected = prefetch ? gather + gather + "x" + gather + "xx" : gather + "x" + gather + "x" + gather + "x";
    EXPECT_ON_ALL_RANKS(letters_of(calls).starts_with(expected)) << letters_of(calls) << ", expected first " << expected;
    for (const auto& [g, c] : {std::pair{1, 1}, {2, 7}, {7, 2}}) {
      const int gathers = ranks() > 1 ? g : 0;  // one rank has all weights
      const int formula = prefetch ? gathers + 2 * std::max(gathers, c) + c : 3 * (gathers + c);
      EXPECT_ON_ALL_RANKS(time_of(calls, 3, g, c) == formula) << prefetch << ": " << time_of(calls, 3, g, c) << ", by formula " << formula;
      if (g == c && ranks() > 1) { EXPECT_EQ(formula, prefetch ? 4 : 6); }
    }
  }
}

TEST(Zero, EveryLevelClassifiesAlike) {
  const Dataset data = random_dataset(13, 43);
  std::vector<size_t> correct;
  for (int level = 0; level < ways; ++level) {
    CpuDevice device;
    ShardedRun run(device, data, odd_sizes, 20, rule("adam"), way(level, 1, ranks()), MPI_COMM_WORLD);
    run.epoch();
    correct.push_back(run.count_correct());
    EXPECT_ON_ALL_RANKS(correct.back() == correct.front()) << "level " << level;
  }
  EXPECT_ON_ALL_RANKS(correct.front() > 43 / 10 && correct.front() <= 43) << correct.front();
}

TEST(Zero, PrefetchBelowLevel3IsRefused) {
  const Dataset data = random_dataset(13, 20);
  for (int level = 0; level <= 2; ++level) {
    CpuDevice device;
    const ZeroOptions options{.level = level, .prefetch = true};
    EXPECT_EQ(error_of([&] { ShardedRun(device, data, odd_sizes, 20, rule("sgd"), options, MPI_COMM_WORLD); }),
              "--prefetch needs --zero 3: below it every rank keeps all weights")
        << level;
  }
}
