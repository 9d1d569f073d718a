// Activations that are computed again instead of kept (--recompute), at every level of sharding: the same bits; memory, products and
// messages by formula.
// ranks: 1 2 3 5 8
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/footprint.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"
#include "tests/recorded_calls.h"

namespace {

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }

// Seven layers of 154, 36, 40, 77, 40, 54 and 100 parameters.
const std::vector<int> sizes = {13, 11, 3, 10, 7, 5, 9, 10};
constexpr int depth = 7;
constexpr size_t batch_rows = 20;

OptimizerOptions momentum() {
  OptimizerOptions rule;
  rule.name = "momentum";
  rule.learning_rate = 0.1;
  return rule;
}

// Levels 0 to 3, and level 3 with prefetch.
constexpr int ways = 5;
ZeroOptions way(int i, int64_t unit, int64_t micro_batches, int64_t recompute) {
  return {.level = std::min(i, 3), .unit = unit, .micro_batches = micro_batches, .prefetch = i == 4, .recompute = recompute};
}

std::vector<float> train_serially(Device& device, const Dataset& data, int micro_batches, int epochs = 1) {
  SerialTraining training(device, sizes, momentum(), int(batch_rows), 1);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  for (int epoch = 0; epoch < epochs; ++epoch)
    for (const Range batch : batches(data.count, batch_rows)) training.step(data, order, batch, micro_batches);
  return training.weights();
}

// Whether layer l is computed a second time, in backward: its output is not kept, and when backward comes to it, it is no more there.
bool is_twice(int l, int keep_every) {
  const int last_stretch = (depth - 1) / keep_every;
  return (l + 1) % keep_every != 0 && l / keep_every < last_stretch;
}

// What a step gathers of a rank's parts, from the layers that need weights, one after another: a unit's come when they are needed and not
// there, and go when forward, or forward again, is behind its last layer, or backward behind its first.
size_t gathered_by_walking(const Shards& shards, int keep_every, int of_rank) {
  size_t gathered = 0, here = shards.units.size();
  const auto need = [&](int l) {
    const size_t u = shards.unit_of(l);
    if (u != here) gathered += shards.part(u, of_rank).size(), here = u;
  };
  const auto forward = [&](int l) {
    need(l);
    if (l + 1 == shards.units[here].last_layer) here = shards.units.size();
  };
  for (int l = 0; l < depth; ++l) forward(l);
  for (int l = depth - 1; l >= 0; --l) {
    if ((l + 1) % keep_every == 0 && l + 1 < depth)
      for (int again = l + 1 - keep_every; again < l; ++again) forward(again);
    if (l > 0) need(l);
    if (here < shards.units.size() && l == shards.units[here].first_layer) here = shards.units.size();
  }
  return gathered;
}

struct ForwardCounter : CpuDevice {
  std::map<std::pair<int, int>, int> products;  // by (in, out): no two layers have the same
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation a, int rows, int in, int out) override {
    ++products[{in, out}];
    CpuDevice::linear_forward(y, x, w, b, a, rows, in, out);
  }
};

}  // namespace

TEST(Recompute, NoUnitHasLayersOfTwoStretches) {
  const Layout layout = make_layout(sizes);
  const auto layers = [&](size_t smallest, int keep_every) {
    std::vector<int> lengths;
    for (const Unit& unit : make_units(layout, smallest, keep_every)) lengths.push_back(unit.last_layer - unit.first_layer);
    return lengths;
  };
  EXPECT_EQ(layers(1 << 30, 1), (std::vector<int>{7}));
  EXPECT_EQ(layers(1 << 30, 3), (std::vector<int>{3, 3, 1}));
  EXPECT_EQ(layers(1 << 30, 100), (std::vector<int>{7}));
  EXPECT_EQ(layers(80, 3), (std::vector<int>{3, 1, 2, 1}));
  EXPECT_EQ(layers(1, 3), std::vector<int>(7, 1));
}

// At every level, with units of every size, in one round and in several, where everything comes as late as it may, too; what is classified
// in between changes nothing.
TEST(Recompute, HasTheBitsOfTheSerialRun) {
  const Dataset data = random_dataset(13, 43);
  std::vector<float> serial[2];
  size_t correct[2];
  for (const bool rounds : {false, true}) {
    const int micro_batches = rounds ? 5 : ranks();
    CpuDevice alone, keeping;
    serial[rounds] = train_serially(alone, data, micro_batches, 2);
    ShardedRun kept(keeping, data, sizes, batch_rows, momentum(), way(0, 1, micro_batches, 1), MPI_COMM_WORLD);
    kept.epoch();
    correct[rounds] = kept.count_correct();
  }
  int turn = 0;
  for (int level = 0; level < ways; ++level)
    for (int64_t recompute : {2, 3, 100})
      for (int64_t unit : {1, 80, 1 << 30}) {
        const bool rounds = ++turn % 2 == 0;
        const std::unique_ptr<Device> device = test_device(turn % 3 == level % 3 ? "late" : "cpu");
        ShardedRun run(*device, data, sizes, batch_rows, momentum(), way(level, unit, rounds ? 5 : ranks(), recompute), MPI_COMM_WORLD);
        run.epoch();
        const size_t found = run.count_correct();
        run.epoch();
        const std::vector<float> weights = run.weights();
        EXPECT_ON_ALL_RANKS(found == correct[rounds]) << "level " << level << ", every " << recompute << ", unit " << unit;
        EXPECT_ON_ALL_RANKS(compare(weights, serial[rounds]).same_bits()) << "level " << level << ", every " << recompute << ", unit " << unit;
        EXPECT_ON_ALL_RANKS(compare(weights, run.initial()).max_abs > 0.01);
      }
}

TEST(Recompute, HasTheBitsOfTheSerialRunBetweenGpus) {
  std::unique_ptr<CudaDevice> device;
  try {
    device = std::make_unique<CudaDevice>(0);
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  const Dataset data = random_dataset(13, 23);
  const std::vector<float> serial = train_serially(*device, data, ranks());
  for (int level : {2, 3, 4})
    for (const auto& [recompute, unit] : {std::pair{2, 1}, {3, 80}, {3, 1 << 30}}) {
      ShardedRun run(*device, data, sizes, batch_rows, momentum(), way(level, unit, ranks(), recompute), MPI_COMM_WORLD);
      run.epoch();
      EXPECT_ON_ALL_RANKS(compare(run.weights(), serial).same_bits()) << "level " << level << ", every " << recompute << ", unit " << unit;
    }
}

// Memory is as much, but for activations; what is sent is more at level 3 alone, and there not if a unit is a stretch.
TEST(Recompute, SendsAndKeepsWhatTheFormulasSay) {
  const Dataset data = random_dataset(13, batch_rows);
  int turn = 0;
  for (int level = 0; level < ways; ++level)
    for (int64_t recompute : {1, 2, 3, 4, 100})
      for (int64_t unit : {1, 80, 1 << 30})
        for (int64_t micro_batches : {++turn % 3 > 0 ? ranks() : turn % 2 > 0 ? 1 : 2 * ranks() + 1}) {
          CpuDevice device;
          const ZeroOptions options = way(level, unit, micro_batches, recompute);
          ShardedRun run(device, data, sizes, batch_rows, momentum(), options, MPI_COMM_WORLD);
          const Traffic before = traffic();
          run.step({0, batch_rows});
          const size_t sent = 4 * (traffic().floats - before.floats);
          const Shards& shards = run.zero().shards();
          const Footprint formula = predict(shards, options, 1, rank()), found = counted(device);
          const std::string where = "level " + std::to_string(level) + ", every " + std::to_string(recompute) + ", unit " + std::to_string(unit);
          EXPECT_ON_ALL_RANKS(sent == formula.sent) << where << ": " << sent << ", " << formula.sent;
          EXPECT_ON_ALL_RANKS(found.parameters == formula.parameters) << where << ": " << found.parameters << ", " << formula.parameters;
          EXPECT_ON_ALL_RANKS(found.gradients == formula.gradients) << where;
          EXPECT_ON_ALL_RANKS(found.exchange == formula.exchange) << where;

          const size_t rounds = (size_t(micro_batches) + size_t(ranks()) - 1) / size_t(ranks()), others = size_t(ranks() - 1);
          const size_t own = (size_t(micro_batches) + others - size_t(rank())) / size_t(ranks()), shard = shards.size(rank());
          const size_t gathered = level < 3 ? shard : rounds * gathered_by_walking(shards, int(recompute), rank());
          EXPECT_ON_ALL_RANKS(sent == 4 * (own * (shards.count() - shard) + others * gathered)) << where << ": " << sent;

          ZeroOptions keeps_all = options;
          keeps_all.recompute = 1;
          const size_t usual = predict(shards, keeps_all, 1, rank()).sent;
          EXPECT_ON_ALL_RANKS(unit == 1 << 30 ? sent == usual : sent >= usual) << where;
        }
}

// Eight layers of 240 on four ranks, kept every fourth: the first three of the first stretch are gathered once more; with stretches as
// units nothing is.
TEST(Recompute, FormulaInNumbers) {
  const Layout layout = make_layout(std::vector<int>(9, 15));
  const auto floats = [&](size_t unit, int keep_every) {
    ZeroOptions options = way(3, 1, 4, keep_every);
    return predict({make_units(layout, unit, keep_every), 4}, options, 2, 1).sent / 4;
  };
  const size_t shard = 480, part = 60;
  EXPECT_EQ(floats(1, 1), 3 * 3 * shard - 3 * part);
  EXPECT_EQ(floats(1, 4), 3 * 3 * shard - 3 * part + 3 * 3 * part);
  EXPECT_EQ(floats(1, 2), 3 * 3 * shard - 3 * part + 3 * 3 * part);
  EXPECT_EQ(floats(1 << 30, 4), 3 * 3 * shard);
}

// A layer's forward product is computed once, or twice if its output is neither kept nor still there: never more than one forward more.
TEST(Recompute, ComputesOnlyAgainWhatIsNotKept) {
  const Dataset data = random_dataset(13, batch_rows);
  for (int level : {1, 3, 4})
    for (int recompute : {1, 2, 3, 4, 100}) {
      ForwardCounter device;
      ShardedRun run(device, data, sizes, batch_rows, momentum(), way(level, 80, ranks(), recompute), MPI_COMM_WORLD);
      run.step({0, batch_rows});
      bool right = true;
      for (int l = 0; l < depth; ++l) right = right && device.products[{sizes[size_t(l)], sizes[size_t(l) + 1]}] == (is_twice(l, recompute) ? 2 : 1);
      EXPECT_ON_ALL_RANKS(right) << "level " << level << ", every " << recompute;
    }
}

// By hand: of 8 activations of one micro-batch those kept, the output's gradient, two gradients on their way, labels and losses, and a place
// for each number within a stretch, as wide as the widest that lies there.
TEST(Recompute, KeepsTheActivationsOfTheText) {
  const Dataset data = random_dataset(13, batch_rows);
  const size_t rows = (batch_rows + size_t(ranks()) - 1) / size_t(ranks());
  for (int level : {0, 3}) {
    size_t all = 0;
    for (int recompute : {1, 2, 3, 4, 7, 100}) {
      CpuDevice device;
      ShardedRun run(device, data, sizes, batch_rows, momentum(), way(level, 1, ranks(), recompute), MPI_COMM_WORLD);
      run.epoch();
      size_t width = 10 + 10 + 2 * 11 + 2;
      std::map<int, size_t> places;
      for (int a = 0; a < depth; ++a)
        if (a % recompute == 0) width += size_t(sizes[size_t(a)]);
        else places[a % recompute] = std::max(places[a % recompute], size_t(sizes[size_t(a)]));
      for (const auto& [number, widest] : places) width += widest;
      const size_t counted = device.memory(Purpose::activations).peak;
      EXPECT_ON_ALL_RANKS(counted == 4 * rows * width) << "level " << level << ", every " << recompute << ": " << counted << ", " << 4 * rows * width;
      if (recompute == 1) all = counted;
      if (recompute == 2) { EXPECT_ON_ALL_RANKS(counted < all) << counted << " of " << all; }
    }
  }
}

// Level 3, every third of six layers: what is gathered, sent and computed, one after another. With prefetch the next weights are in MPI's
// hands before a layer computes, in what is computed again, too.
TEST(Recompute, GathersAheadInWhatIsComputedAgain) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  struct Recorder : RecordingDevice {
    void linear_forward(float* y, const float* x, const float* w, const float* b, Activation a, int rows, int in, int out) override {
      { const TraceRegion begins("forward", 0); }
      CpuDevice::linear_forward(y, x, w, b, a, rows, in, out);
    }
  };
  const Dataset data = random_dataset(13, batch_rows);
  const std::string r(size_t(ranks() - 1), 'R'), s(size_t(ranks() - 1), 'S'), wait = ranks() > 1 ? "|" : "", gather = s + r;
  for (const bool prefetch : {false, true}) {
    Recorder device;
    ShardedRun run(device, data, {13, 11, 3, 12, 7, 5, 10}, batch_rows, momentum(), way(prefetch ? 4 : 3, 1, ranks(), 3), MPI_COMM_WORLD);
    const std::vector<Recorded> calls = record([&] { run.step({0, batch_rows}); });
    std::string found;
    for (const Recorded& call : calls) found += call.what == "MPI_Waitall" ? "|" : call.what == "forward" ? "f" : letters_of({call});
    // A layer's weights, and with prefetch those of the next one, if there is one.
    const auto weights = [&](bool first, bool next) { return (prefetch && !first ? "" : gather) + wait + (prefetch && next ? gather : ""); };
    const std::string exchange = s + wait, back = r + "xw" + exchange;
    std::string expected = weights(true, true) + "f";
    for (int l = 1; l < 6; ++l) expected += weights(false, l < 5) + "f";
    expected += weights(true, true) + back + weights(false, true) + back + weights(false, true) + back;  // layers 5, 4, 3
    expected += weights(false, true) + "f" + weights(false, true) + "f";                                   // 0 and 1 again
    expected += weights(false, true) + back + weights(false, false) + back + r + "w" + exchange;           // 2, 1, 0
    EXPECT_ON_ALL_RANKS(found == expected) << prefetch << ": " << found << ", expected " << expected;
  }
}
