// What chapter 07 claims: every level of sharding, every size of unit and every update rule gives the bits of the serial run
// with the same micro-batches and of plain data parallelism; memory and bytes sent are what the formulas say.
// ranks: 1 2 3 4 5 7 8
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <numeric>
#include <set>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/footprint.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/philox.h"
#include "tests/device_without_handles.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"
#include "tests/recorded_calls.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

namespace {

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }

// 13·11 + 11 + 11·3 + 3 + 3·10 + 10 = 230 parameters: no number of ranks but 1, 2 and 5 divides it, and none but 1 and
// 2 divides all layers.
const std::vector<int> odd_sizes = {13, 11, 3, 10};
// Layers with fewer elements than ranks: 1·1 + 1 = 2.
const std::vector<int> narrow_sizes = {1, 1, 1, 2};

OptimizerOptions rule(const std::string& name) {
  OptimizerOptions options;
  options.name = name;
  options.learning_rate = name == "adam" ? 0.01 : 0.1;
  return options;
}

struct Trained {
  std::vector<float> weights;
  std::vector<double> losses;  // of the steps
};

// Chapter 01's loop, on this rank alone.
Trained train_serially(Device& device, const Dataset& data, const std::vector<int>& sizes, size_t batch_rows,
                       int micro_batches, const OptimizerOptions& rule) {
  const Layout layout = make_layout(sizes);
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  std::vector<float> initial(layout.count);
  initialize(initial.data(), layout, 1);
  device.copy_in(parameters.data(), initial.data(), layout.count);
  const Space space{.rows = int(batch_rows)};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, rule, layout.count);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);

  Trained result;
  for (const Range batch : batches(data.count, batch_rows)) {
    Write write = Write::overwrite;
    double loss = 0;
    for (int m = 0; m < micro_batches; ++m) {
      const Range rows = share(batch, size_t(micro_batches), size_t(m));
      if (rows.empty()) continue;
      load_images(mlp, data, order, rows);
      head.load_labels(data, order, rows);
      mlp.forward(int(rows.size()));
      head.backward(mlp, batch.size());
      mlp.backward(write);
      loss += head.loss(mlp, batch.size());
      write = Write::accumulate;
    }
    optimizer.step(parameters, gradients);
    result.losses.push_back(loss);
  }
  result.weights.resize(layout.count);
  device.copy_out(result.weights.data(), parameters.data(), layout.count);
  return result;
}

Trained train_serially(const Dataset& data, const std::vector<int>& sizes, size_t batch_rows, int micro_batches,
                       const OptimizerOptions& rule) {
  CpuDevice device;
  return train_serially(device, data, sizes, batch_rows, micro_batches, rule);
}

// Plain data parallelism: one micro-batch per rank, one allreduce of the whole gradient vector, the same update everywhere.
std::vector<float> train_plainly(const Dataset& data, const std::vector<int>& sizes, size_t batch_rows,
                                 const OptimizerOptions& rule) {
  CpuDevice device;
  const Layout layout = make_layout(sizes);
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  initialize(parameters, layout, 1);
  const Space space{.rows = int(batch_rows)};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, rule, layout.count);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  for (const Range batch : batches(data.count, batch_rows)) {
    const Range rows = share(batch, size_t(ranks()), size_t(rank()));
    load_images(mlp, data, order, rows);
    head.load_labels(data, order, rows);
    mlp.forward(int(rows.size()));
    head.backward(mlp, batch.size());
    mlp.backward(Write::overwrite);
    allreduce_rank_order(gradients, gradients, layout.count, MPI_COMM_WORLD);
    optimizer.step(parameters, gradients);
  }
  return {parameters.data(), parameters.data() + layout.count};
}

struct Case {
  std::vector<int> sizes;
  size_t samples, batch;  // the last batch is a partial one, with fewer rows than ranks
  int micro_batches;
};

std::string told(const Case& c, const std::string& rule, int level, size_t unit) {
  return std::to_string(c.sizes[0]) + "-..., " + std::to_string(c.micro_batches) + " micro-batches, " + rule + ", level " +
         std::to_string(level) + ", unit " + std::to_string(unit);
}

// Levels 0 to 3, and level 3 with prefetch.
constexpr int ways = 5;
ZeroOptions way(int i, int64_t unit, int64_t micro_batches) {
  return {.level = std::min(i, 3), .unit = unit, .micro_batches = micro_batches, .prefetch = i == 4};
}

// In all ways, with units of the given sizes, against the serial run with the same micro-batches.
void expect_serial_bits(const Case& c, const std::vector<size_t>& units, const std::string& name) {
  const Dataset data = random_dataset(size_t(c.sizes[0]), c.samples);
  const Trained serial = train_serially(data, c.sizes, c.batch, c.micro_batches, rule(name));
  for (int level = 0; level < ways; ++level)
    for (size_t unit : units) {
      CpuDevice device;
      ShardedRun run(device, data, c.sizes, c.batch, rule(name), way(level, int64_t(unit), c.micro_batches), MPI_COMM_WORLD);
      std::vector<double> losses;
      for (const Range batch : batches(c.samples, c.batch)) losses.push_back(run.step(batch));
      const std::vector<float> weights = run.weights();
      EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits())
          << told(c, name, level, unit) << ": " << compare(weights, serial.weights, run.initial());
      // Training that moves nothing would agree with itself.
      EXPECT_ON_ALL_RANKS(compare(weights, run.initial()).max_abs > 0.01) << told(c, name, level, unit);
      // The loss is summed in the order of the micro-batches as well, so its bits agree, too.
      EXPECT_ON_ALL_RANKS(losses == serial.losses) << told(c, name, level, unit);
    }
}

}  // namespace

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
  EXPECT_EQ(sizes_of_units(41), (std::vector<size_t>{154, 76}));
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
  const std::string receives(size_t(ranks() - 1), 'R'), sends(size_t(ranks() - 1), 'S'), gather = receives + sends;
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
  const std::string r(size_t(ranks() - 1), 'R'), s(size_t(ranks() - 1), 'S'), wait = ranks() > 1 ? "|" : "", gather = r + s;
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
  const std::string gather = std::string(size_t(ranks() - 1), 'R') + std::string(size_t(ranks() - 1), 'S');
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

// --- Two levels --------------------------------------------------------------------------------------------------------

namespace {

// Ranks on nodes in many ways, given by the test: one node, nodes of one and of two ranks, dealt in turn, three and the rest.
std::vector<std::vector<int>> some_nodes() {
  std::vector<std::vector<int>> all(5, std::vector<int>(size_t(ranks())));
  for (int r = 0; r < ranks(); ++r) {
    const int names[] = {0, r, r / 2, r % 2, r < 3 ? 5 : 2};
    for (size_t i = 0; i < all.size(); ++i) all[i][size_t(r)] = names[i];
  }
  return all;
}

// On this rank alone, from the text: in each round a gradient of each rank's micro-batch, from zero; added up in each node, then the
// nodes, then to what the rounds before gave.
std::vector<float> train_by_nodes(const Dataset& data, const std::vector<int>& sizes, size_t batch_rows, int micro_batches,
                                  const OptimizerOptions& rule, const std::vector<int>& names) {
  CpuDevice device;
  const Layout layout = make_layout(sizes);
  std::vector<float> parameters(layout.count), gradients(layout.count);
  initialize(parameters.data(), layout, 1);
  const Space space{.rows = int(batch_rows)};
  Mlp mlp(device, layout, parameters.data(), gradients.data(), space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, rule, layout.count);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  const auto add = [](std::vector<float>& sum, const std::vector<float>& more) {
    if (sum.empty()) sum = more;
    else for (size_t i = 0; i < more.size(); ++i) sum[i] += more[i];
  };
  for (const Range batch : batches(data.count, batch_rows)) {
    std::vector<float> total;
    for (int first = 0; first < micro_batches; first += ranks()) {
      std::vector<int> nodes;  // in the order of their first ranks
      std::map<int, std::vector<float>> sums;
      size_t rows_of_round = 0;
      for (int r = 0; r < ranks(); ++r) {
        const Range rows = first + r < micro_batches ? share(batch, size_t(micro_batches), size_t(first + r)) : Range{};
        std::fill(gradients.begin(), gradients.end(), 0.0f);
        if (!rows.empty()) {
          load_images(mlp, data, order, rows);
          head.load_labels(data, order, rows);
          mlp.forward(int(rows.size()));
          head.backward(mlp, batch.size());
          mlp.backward(Write::overwrite);
        }
        rows_of_round += rows.size();
        if (!sums.contains(names[size_t(r)])) nodes.push_back(names[size_t(r)]);
        add(sums[names[size_t(r)]], gradients);
      }
      if (rows_of_round == 0) continue;
      std::vector<float> round;
      for (int node : nodes) add(round, sums[node]);
      add(total, round);
    }
    optimizer.step(parameters.data(), total.data());
  }
  return parameters;
}

}  // namespace

// At every level, with units of every size, on nodes of every kind; also where ranks have no rows, or parts no elements, or everything
// comes as late as it may.
TEST(TwoLevels, GiveTheBitsOfTheNodesSums) {
  int turn = 0;
  for (const std::vector<int>& nodes : some_nodes())
    for (const auto& [sizes, micro_batches] : {std::pair{odd_sizes, ranks()}, {odd_sizes, 5}, {narrow_sizes, ranks()}, {odd_sizes, 2 * ranks() + 1}}) {
      const Dataset data = random_dataset(size_t(sizes[0]), 43);
      const std::vector<float> expected = train_by_nodes(data, sizes, 20, micro_batches, rule("momentum"), nodes);
      for (int level = 0; level < ways; ++level) {
        const int64_t unit = ++turn % 2 == 0 ? 1 : 50;
        const std::unique_ptr<Device> device = test_device(turn % 4 < 2 ? "late" : "cpu");
        ZeroOptions options = way(level, unit, micro_batches);
        options.two_level = true, options.nodes = nodes;
        ShardedRun run(*device, data, sizes, 20, rule("momentum"), options, MPI_COMM_WORLD);
        run.epoch();
        const std::vector<float> weights = run.weights();
        EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits())
            << "nodes " << testing::PrintToString(nodes) << ", level " << level << ", unit " << unit << ", " << micro_batches
            << " micro-batches: " << compare(weights, expected);
        EXPECT_ON_ALL_RANKS(compare(weights, run.initial()).max_abs > 0.01);
      }
    }
}

// Nodes as MPI says: with one of them the order is that of the ranks, and the bits are those of the serial run.
TEST(TwoLevels, OnOneNodeAreOne) {
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  const Dataset data = random_dataset(13, 43);
  CpuDevice device;
  ShardedRun run(device, data, odd_sizes, 20, rule("adam"), {.level = 3, .micro_batches = ranks(), .two_level = true}, MPI_COMM_WORLD);
  run.epoch();
  const std::vector<float> weights = run.weights();
  EXPECT_ON_ALL_RANKS(compare(weights, train_serially(data, odd_sizes, 20, ranks(), rule("adam")).weights).same_bits());
}

// What leaves each node in a step of level 1, counted, against the text: the sums of foreign parts once, own parts once for each other
// node; in one level foreign parts once for each rank here, own parts once for each rank elsewhere. So on nodes of r ranks one r-th.
TEST(TwoLevels, SendOneShareBetweenNodes) {
  const Dataset data = random_dataset(13, 20);
  for (const std::vector<int>& names : some_nodes()) {
    size_t leaves[2] = {0, 0}, expected[2] = {0, 0}, members = 0, nodes = std::set<int>(names.begin(), names.end()).size();
    const auto here = [&](int r) { return names[size_t(r)] == names[size_t(rank())]; };
    for (int r = 0; r < ranks(); ++r) members += here(r);
    for (const bool two : {false, true}) {
      CpuDevice device;
      ZeroOptions options = way(1, 50, ranks());
      options.two_level = two, options.nodes = names;
      ShardedRun run(device, data, odd_sizes, 20, rule("sgd"), options, MPI_COMM_WORLD);
      std::vector<Call> calls;
      log_calls(&calls);
      run.step({0, 20});
      log_calls(nullptr);
      size_t mine = 0;
      for (const Call& call : calls) mine += call.to >= 0 && !here(call.to) ? call.sent : 0;
      std::vector<size_t> all(size_t(ranks()), 0);
      MPI_CHECK(MPI_Allgather(&mine, 1, MPI_UNSIGNED_LONG, all.data(), 1, MPI_UNSIGNED_LONG, MPI_COMM_WORLD));
      for (int r = 0; r < ranks(); ++r) {
        const size_t shard = run.zero().shards().size(r);
        if (here(r)) leaves[two] += all[size_t(r)], expected[two] += shard * (two ? nodes - 1 : size_t(ranks()) - members);
        else expected[two] += shard * (two ? 1 : members);
      }
      EXPECT_ON_ALL_RANKS(leaves[two] == expected[two]) << two << ", nodes " << testing::PrintToString(names) << ": " << leaves[two] << ", " << expected[two];
    }
    const bool even = members * nodes == size_t(ranks());
    EXPECT_ON_ALL_RANKS(!even || leaves[0] == members * leaves[1]) << leaves[0] << " " << leaves[1];
    EXPECT_ON_ALL_RANKS(nodes == 1 || leaves[1] > 0);
  }
}

// --- Between GPUs, or on the CPU that stands in for them: streams run as late as they may, those of other ranks, too ------------------

struct BetweenGpus : testing::Test {
  void SetUp() override {
    try {
      device = std::make_unique<CudaDevice>(0);
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
  static ZeroOptions by(const std::string& exchange, ZeroOptions options) {
    options.exchange = exchange;
    return options;
  }
  std::unique_ptr<Device> device;
};

// On up to 4 ranks in several rounds, from 7 ranks on with ranks that never have rows; with parts without elements.
TEST_F(BetweenGpus, EveryWayEndsWithTheBitsOfTheSerialRun) {
  int turn = 0;
  for (const Case& c : {Case{odd_sizes, 23, 20, ranks()}, {odd_sizes, 23, 20, 5}, {narrow_sizes, 23, 20, ranks()}}) {
    const Dataset data = random_dataset(size_t(c.sizes[0]), c.samples);
    const Trained serial = train_serially(*device, data, c.sizes, c.batch, c.micro_batches, rule("adam"));
    for (int level = 0; level < ways; ++level) {
      const int64_t unit = turn++ % 2 == 0 ? 1 : 50;
      ShardedRun run(*device, data, c.sizes, c.batch, rule("adam"), by("peer", way(level, unit, c.micro_batches)), MPI_COMM_WORLD);
      ASSERT_ON_ALL_RANKS(run.zero().between_gpus() == on_one_host());
      run.epoch();
      const std::vector<float> weights = run.weights();
      EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits())
          << told(c, "peer", level, size_t(unit)) << ": " << compare(weights, serial.weights);
      EXPECT_ON_ALL_RANKS(compare(weights, run.initial()).max_abs > 0.01);
    }
  }
}

TEST_F(BetweenGpus, ClipsAsThroughTheHost) {
  OptimizerOptions clipped = rule("momentum");
  clipped.clip_norm = 0.05;
  const Dataset data = random_dataset(13, 23);
  for (const int level : {0, 3}) {
    std::vector<float> weights[2];
    for (const bool peer : {false, true}) {
      ShardedRun run(*device, data, odd_sizes, 20, clipped, by(peer ? "peer" : "host", way(level, 1, ranks() + 1)), MPI_COMM_WORLD);
      run.epoch();
      weights[peer] = run.weights();
    }
    EXPECT_ON_ALL_RANKS(compare(weights[1], weights[0]).same_bits()) << level << ": " << compare(weights[1], weights[0]);
  }
}

// With the input on the device, the host waits for each micro-batch's loss and for nothing else. What the kernels of a rank read and
// write elsewhere is as much as it would send: its part of the gradients comes from all others, and its weights go to them. Memory is
// that of the formulas, with two boxes for each window in place of operands.
TEST_F(BetweenGpus, AStepWaitsForItsLossesAndMovesWhatTheFormulaSays) {
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  const Dataset data = random_dataset(13, 20);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  const int rounds = 2;
  for (int level = 0; level < ways; ++level) {
    const Space space{.rows = 20};
    Mlp mlp(*device, make_layout(odd_sizes), nullptr, nullptr, space);
    SoftmaxHead head(*device, space);
    Zero zero(mlp, rule("adam"), by("peer", way(level, 1, rounds * ranks())), MPI_COMM_WORLD);
    zero.load(std::vector<float>(mlp.layout().count, 0.1f));
    device->synchronize();
    unsigned long waits = 0;
    const auto counted = [&] { return &cuda_on_cpu_waits ? cuda_on_cpu_waits : 0; };
    for (int round = 0; round < rounds; ++round) {
      const Range rows = zero.begin_round({0, 20}, round);
      load_images(mlp, data, order, rows);
      head.load_labels(data, order, rows);
      const unsigned long before = counted();
      mlp.forward(int(rows.size()));
      head.backward(mlp, 20);
      mlp.backward(Write::overwrite);
      waits += counted() - before;
      head.loss(mlp, 20);
    }
    const unsigned long before = counted();
    zero.step();
    waits += counted() - before;
    EXPECT_ON_ALL_RANKS(waits == 0) << "level " << level << ": " << waits;

    const size_t shard = zero.shards().size(rank()), first = zero.shards().part(0, rank()).size(), others = size_t(ranks() - 1);
    const size_t gathered = level < 3 ? shard : size_t(rounds) * (2 * shard - first);
    const size_t moved = others * (size_t(rounds) * shard + gathered);
    EXPECT_ON_ALL_RANKS(zero.moved_between_gpus() == moved) << "level " << level << ": " << zero.moved_between_gpus() << ", " << moved;

    const Footprint formula = predict(zero.shards(), way(level, 1, rounds * ranks()), 2, rank());
    EXPECT_ON_ALL_RANKS(device->memory(Purpose::parameters).live == formula.parameters) << "level " << level;
    EXPECT_ON_ALL_RANKS(device->memory(Purpose::gradients).live == formula.gradients) << "level " << level;
    EXPECT_ON_ALL_RANKS(device->memory(Purpose::exchange).live == 0) << "level " << level;
  }
}

TEST_F(BetweenGpus, WhereOneRankCannotBeReachedAllGoThroughTheHost) {
  const Dataset data = random_dataset(13, 23);
  const Trained serial = train_serially(*device, data, odd_sizes, 20, ranks(), rule("adam"));
  for (const int level : {0, 2, 4}) {
    DeviceWithoutHandles unreachable(rank() == ranks() - 1);
    ShardedRun run(unreachable, data, odd_sizes, 20, rule("adam"), by("auto", way(level, 1, ranks())), MPI_COMM_WORLD);
    unreachable.gap = 0;  // what the device keeps for itself it frees itself
    run.epoch();
    EXPECT_ON_ALL_RANKS(!run.zero().between_gpus());
    const std::vector<float> weights = run.weights();
    EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits()) << level;
  }
}

TEST_F(BetweenGpus, IsRefusedWhereItCannotBe) {
  const Dataset data = random_dataset(13, 23);
  ZeroOptions options = by("peer", way(1, 1, ranks()));
  const auto error = [&](Device& on) { return error_of([&] { ShardedRun(on, data, odd_sizes, 20, rule("sgd"), options, MPI_COMM_WORLD); }); };
  CpuDevice cpu;
  EXPECT_EQ(error(cpu), "--exchange peer: needs --device cuda, and goes not with --two-level");
  options.two_level = true;
  EXPECT_EQ(error(*device), "--exchange peer: needs --device cuda, and goes not with --two-level");
  options.exchange = "auto";
  EXPECT_EQ(error(*device), "");
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

// --- What it costs ---------------------------------------------------------------------------------------------------

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
