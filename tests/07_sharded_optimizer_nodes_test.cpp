// Chapter 07 between nodes, in two levels, and between the GPUs of a node, or on the CPU that stands in for them.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/footprint.h"
#include "tests/07_sharded_runs.h"
#include "tests/device_without_handles.h"
#include "tests/late_device.h"
#include "tests/mpi_from_gpus.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

// --- Two levels --------------------------------------------------------------------------------------------------------

namespace {

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
  // On a GPU it is not up to a test what MPI takes.
  static std::vector<std::string> ways_between() {
    return &cuda_on_cpu_waits ? std::vector<std::string>{"peer", "mpi"} : std::vector<std::string>{"peer"};
  }
  const MpiTakesPointers so{true};
  std::unique_ptr<Device> device;
};

// On up to 4 ranks in several rounds, from 7 ranks on with ranks that never have rows; with parts without elements.
TEST_F(BetweenGpus, EveryWayEndsWithTheBitsOfTheSerialRun) {
  int turn = 0;
  for (const Case& c : {Case{odd_sizes, 23, 20, ranks()}, {odd_sizes, 23, 20, 5}, {narrow_sizes, 23, 20, ranks()}}) {
    const Dataset data = random_dataset(size_t(c.sizes[0]), c.samples);
    const Trained serial = train_serially(*device, data, c.sizes, c.batch, c.micro_batches, rule("adam"));
    for (const std::string& exchange : ways_between())
      for (int level = 0; level < ways; ++level) {
        const int64_t unit = turn++ % 2 == 0 ? 1 : 50;
        ShardedRun run(*device, data, c.sizes, c.batch, rule("adam"), by(exchange, way(level, unit, c.micro_batches)), MPI_COMM_WORLD);
        ASSERT_ON_ALL_RANKS(run.zero().between_gpus() == (exchange == "mpi" || on_one_host()));
        run.epoch();
        const std::vector<float> weights = run.weights();
        EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits())
            << told(c, exchange, level, size_t(unit)) << ": " << compare(weights, serial.weights);
        EXPECT_ON_ALL_RANKS(compare(weights, run.initial()).max_abs > 0.01);
      }
  }
}

// Two halves of the ranks at the same time, in descending order.
TEST_F(BetweenGpus, HalvesOfTheRanksTrainAtTheSameTime) {
  MPI_Comm half;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank() % 2, -rank(), &half));
  const Dataset data = random_dataset(13, 23);
  const Trained serial = train_serially(*device, data, odd_sizes, 20, ranks_of(half), rule("adam"));
  for (const std::string& exchange : ways_between())
    for (int level = 0; level < ways; ++level) {
      ShardedRun run(*device, data, odd_sizes, 20, rule("adam"), by(exchange, way(level, 1, ranks_of(half))), half);
      run.epoch();
      EXPECT_ON_ALL_RANKS(compare(run.weights(), serial.weights).same_bits()) << exchange << ", level " << level;
    }
  MPI_CHECK(MPI_Comm_free(&half));
}

TEST_F(BetweenGpus, ClipsAsThroughTheHost) {
  OptimizerOptions clipped = rule("momentum");
  clipped.clip_norm = 0.05;
  const Dataset data = random_dataset(13, 23);
  for (const int level : {0, 3}) {
    const auto weights = [&](const std::string& exchange) {
      ShardedRun run(*device, data, odd_sizes, 20, clipped, by(exchange, way(level, 1, ranks() + 1)), MPI_COMM_WORLD);
      run.epoch();
      return run.weights();
    };
    const std::vector<float> through_host = weights("host");
    for (const std::string& exchange : ways_between())
      EXPECT_ON_ALL_RANKS(compare(weights(exchange), through_host).same_bits()) << level << ", " << exchange;
  }
}

// With the input on the device, the host waits for each micro-batch's loss, and by MPI for each unit before it leaves: gradients in each
// round, weights where they are gathered. What a rank gets from other GPUs and gives to them is as much as it would send: its part of the
// gradients comes from all others, and its weights go to them. Memory is that of the formulas, in windows without operands.
TEST_F(BetweenGpus, AStepWaitsForItsLossesAndMovesWhatTheFormulaSays) {
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  const Dataset data = random_dataset(13, 20);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  const int rounds = 2;
  for (const std::string& exchange : ways_between())
    for (int level = 0; level < ways; ++level) {
      const Space space{.rows = 20};
      Mlp mlp(*device, make_layout(odd_sizes), nullptr, nullptr, space);
      SoftmaxHead head(*device, space);
      Zero zero(mlp, rule("adam"), by(exchange, way(level, 1, rounds * ranks())), MPI_COMM_WORLD);
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
      const std::string told = exchange + ", level " + std::to_string(level) + ": ";
      const size_t units = zero.shards().units.size(), gathered_units = level < 3 ? units : size_t(rounds) * (2 * units - 1);
      const size_t by_mpi = exchange == "mpi" && ranks() > 1 ? size_t(rounds) * units + gathered_units : 0;
      const GpuCollectives::Count now = zero.counted_between_gpus();
      EXPECT_ON_ALL_RANKS(now.waits == by_mpi) << told << now.waits << ", not " << by_mpi;
      EXPECT_ON_ALL_RANKS(waits <= by_mpi) << told << waits;  // where the GPU has nothing left to do it is not waited for

      const size_t shard = zero.shards().size(rank()), first = zero.shards().part(0, rank()).size(), others = size_t(ranks() - 1);
      const size_t gathered = level < 3 ? shard : size_t(rounds) * (2 * shard - first);
      EXPECT_ON_ALL_RANKS(now.read == others * size_t(rounds) * shard) << told << now.read;
      EXPECT_ON_ALL_RANKS(now.written == others * gathered) << told << now.written;

      const Footprint formula = predict(zero.shards(), way(level, 1, rounds * ranks()), 2, rank());
      EXPECT_ON_ALL_RANKS(device->memory(Purpose::parameters).live == formula.parameters) << told;
      EXPECT_ON_ALL_RANKS(device->memory(Purpose::gradients).live == formula.gradients) << told;
      EXPECT_ON_ALL_RANKS(device->memory(Purpose::exchange).live == (exchange == "mpi" ? formula.exchange : 0)) << told;
    }
}

TEST_F(BetweenGpus, WhereOneRankCannotBeReachedAllGoByMpiOrThroughTheHost) {
  const Dataset data = random_dataset(13, 23);
  const Trained serial = train_serially(*device, data, odd_sizes, 20, ranks(), rule("adam"));
  for (const int level : {0, 2, 3, 4}) {
    for (const bool mpi : {false, true}) {
      const MpiTakesPointers on_all(mpi && &cuda_on_cpu_waits);
      DeviceWithoutHandles unreachable(rank() == ranks() - 1);
      std::optional<ShardedRun> run;
      expect_told_why([&] { run.emplace(unreachable, data, odd_sizes, 20, rule("adam"), by("auto", way(level, 1, ranks())), MPI_COMM_WORLD); },
                      "peer window", "gradients and weights go", mpi_takes_pointers);
      unreachable.gap = 0;  // what the device keeps for itself it frees itself
      CudaDevice plain;  // whose ranks do not try: what was opened in vain leaves no memory
      const ZeroOptions at_once = by(mpi_takes_pointers ? "mpi" : "host", way(level, 1, ranks()));
      const ShardedRun other(plain, data, odd_sizes, 20, rule("adam"), at_once, MPI_COMM_WORLD);
      for (const Purpose of : {Purpose::parameters, Purpose::gradients, Purpose::exchange})
        EXPECT_ON_ALL_RANKS(unreachable.memory(of).live == plain.memory(of).live)
            << level << ": " << unreachable.memory(of).live << ", not " << plain.memory(of).live;
      run->epoch();
      EXPECT_ON_ALL_RANKS(run->zero().way() == std::string(mpi_takes_pointers ? ", by MPI from the GPU's memory" : "")) << run->zero().way();
      const std::vector<float> weights = run->weights();
      EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits()) << level;
    }
  }
}

TEST_F(BetweenGpus, IsRefusedWhereItCannotBe) {
  const Dataset data = random_dataset(13, 23);
  for (const std::string exchange : {"peer", "mpi"}) {
    ZeroOptions options = by(exchange, way(1, 1, ranks()));
    const auto error = [&](Device& on) { return error_of([&] { ShardedRun(on, data, odd_sizes, 20, rule("sgd"), options, MPI_COMM_WORLD); }); };
    CpuDevice cpu;
    EXPECT_EQ(error(cpu), "--exchange " + exchange + ": needs --device cuda, and goes not with --two-level");
    options.two_level = true;
    EXPECT_EQ(error(*device), "--exchange " + exchange + ": needs --device cuda, and goes not with --two-level");
    options.exchange = "auto";
    EXPECT_EQ(error(*device), "");
  }
  // Nor are numbers of 16 bits added there (chapter 11).
  ZeroOptions words = by("auto", way(3, 1, ranks()));
  words.format = MessageFormat{};
  ShardedRun run(*device, data, odd_sizes, 20, rule("sgd"), words, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(!run.zero().between_gpus());
}
