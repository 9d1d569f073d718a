// What chapter 06 claims: any number of ranks, with any cut of rows and gradients, trains the model that one rank trains.
// ranks: 1 2 3 7 8
// more ranks: 4 5
#include <gtest/gtest.h>

#include <cmath>

#include "chapters/05_collectives/collectives.h"
#include "chapters/06_data_parallel/reproducible_exchange.h"
#include "tests/06_parallel_runs.h"
#include "tests/backwards.h"
#include "tests/known_clock.h"

namespace {

// --- Rung 1: bit for bit ---------------------------------------------------------------------------------------------

TEST(OneRank, HasTheBitsOfTheSerialRunWhateverTheExchange) {
  const Dataset train = small_data(samples_for(64));
  for (const std::string& name : allreduce_names())
    for (int64_t kib : {0, 1})
      for (bool overlap : {false, true}) {
        DataParallelOptions o = small_run(1, 64);
        o.allreduce = name;
        o.bucket_kib = kib;
        o.overlap = overlap && runs_in_background(name);
        const SerialRun serial = train_serially(o, train, *make_cpu_device());
        ASSERT_ON_ALL_RANKS(moved(serial));
        const ParallelRun parallel = train_in_parallel(o, train, MPI_COMM_SELF);
        ASSERT_ON_ALL_RANKS(compare(parallel.weights, serial.weights).same_bits()) << name << ", " << kib << " KiB";
        ASSERT_ON_ALL_RANKS(parallel.loss == serial.loss);
      }
}

// Rank r computes the rows that micro-batch r of as many would have, and rank-order adds the ranks' gradients as chapter
// 01 adds those of micro-batches.
TEST(RankOrder, HasTheBitsOfTheSerialRunWithAMicroBatchForEachRank) {
  for (int64_t batch : batches_to_try) {
    const Dataset train = small_data(samples_for(batch));
    const DataParallelOptions o = small_run(world_size(), batch);
    const SerialRun serial = serial_with(o, train, world_size());
    ASSERT_ON_ALL_RANKS(moved(serial));
    const Distance d = compare(train_in_parallel(o, train).weights, serial.weights);
    ASSERT_ON_ALL_RANKS(d.same_bits()) << "batch " << batch << ": " << d;
  }
}

// --- Rung 2: reproducible --------------------------------------------------------------------------------------------

TEST(Reproducible, HasTheBitsOfTheSerialRunWithTheSameMicroBatches) {
  for (int64_t batch : batches_to_try)
    for (int64_t micro_batches : {1, 3, 4, 8, 13}) {
      const Dataset train = small_data(samples_for(batch));
      DataParallelOptions o = small_run(world_size(), batch);
      o.reproducible = true;
      o.micro_batches = micro_batches;
      const SerialRun serial = train_serially(o, train, *make_cpu_device());
      ASSERT_ON_ALL_RANKS(moved(serial));
      const ParallelRun parallel = train_in_parallel(o, train);
      const Distance d = compare(parallel.weights, serial.weights);
      ASSERT_ON_ALL_RANKS(d.same_bits()) << "batch " << batch << ", " << micro_batches << " micro-batches: " << d;
      ASSERT_ON_ALL_RANKS(parallel.loss == serial.loss) << parallel.loss << " " << serial.loss;
    }
}

TEST(Reproducible, WithEveryOptimizerAndALearningRateThatWarmsUp) {
  const Dataset train = small_data(samples_for(64));
  for (const char* optimizer : {"sgd", "momentum", "adam"}) {
    DataParallelOptions o = small_run(world_size(), 64);
    o.reproducible = true;
    o.micro_batches = 5;
    o.optimizer.name = optimizer;
    o.optimizer.learning_rate = 0.01;
    o.reference_batch = 32;
    o.warm_up = 1;
    const SerialRun serial = train_serially(o, train, *make_cpu_device());
    ASSERT_ON_ALL_RANKS(moved(serial));
    ASSERT_ON_ALL_RANKS(compare(train_in_parallel(o, train).weights, serial.weights).same_bits()) << optimizer;
  }
}

// A gradient that travels along the ranks in two segments, and ranks that add several to it.
TEST(Reproducible, OfALongGradientHasTheBitsOfTheSerialRun) {
  const Dataset train = small_data(20);
  DataParallelOptions o = small_run(world_size(), 20);
  o.hidden = {500};
  o.epochs = 1;
  o.reproducible = true;
  o.micro_batches = 2 * world_size();
  ASSERT_GT(make_layout(o.sizes(train)).count, chain_segment);
  const SerialRun serial = train_serially(o, train, *make_cpu_device());
  ASSERT_ON_ALL_RANKS(moved(serial));
  const ParallelRun parallel = train_in_parallel(o, train);
  EXPECT_ON_ALL_RANKS(compare(parallel.weights, serial.weights).same_bits()) << compare(parallel.weights, serial.weights);
}

TEST(Reproducible, EfficiencyIsTheShareOfRanksThatHaveWork) {
  EXPECT_EQ(ReproducibleExchange::efficiency(8, 4), 1);
  EXPECT_EQ(ReproducibleExchange::efficiency(5, 4), 5.0 / 8);
  EXPECT_EQ(ReproducibleExchange::efficiency(2, 8), 1.0 / 4);
}

// --- Rung 3: another order of sums ------------------------------------------------------------------------------------

TEST(EveryAllreduce, StaysWithinWhatTheOrderOfSumsExplains) {
  for (int64_t batch : batches_to_try) {
    const Dataset train = small_data(samples_for(batch));
    DataParallelOptions o = small_run(world_size(), batch);
    if (batch > 64) o.epochs = 1;
    const SerialRun serial = train_serially(o, train, *make_cpu_device());
    ASSERT_ON_ALL_RANKS(moved(serial));
    const double bound = bound_for(o, train, serial);
    for (const std::string& name : allreduce_names()) {
      o.allreduce = name;
      if (refused_across_hosts(o, train)) continue;
      const ParallelRun parallel = train_in_parallel(o, train);
      const Distance d = compare(parallel.weights, serial.weights, serial.initial);
      ASSERT_ON_ALL_RANKS(d.within(bound)) << name << ", batch " << batch << ", bound " << bound << ": " << d;
      // The loss is of the order of 1, and computed from weights that agree to the bound, times a few dozen of them.
      ASSERT_ON_ALL_RANKS(std::abs(parallel.loss - serial.loss) <= 100 * bound) << parallel.loss - serial.loss;
    }
  }
}

// Layer by layer, so that a small gradient cannot hide behind a large one. The first step starts from equal weights.
TEST(Gradients, OfOneStepAgreeInEveryLayer) {
  const Dataset train = small_data(64);
  DataParallelOptions o = small_run(world_size(), 64);
  o.epochs = 1;
  const Layout layout = make_layout(o.sizes(train));
  const ParallelRun one = train_in_parallel([&] { auto alone = o; alone.ranks = 1; return alone; }(), train, MPI_COMM_SELF);
  for (const char* name : {"rank-order", "ring", "mpi"}) {
    o.allreduce = name;
    const ParallelRun all = train_in_parallel(o, train);
    for (const Layer& layer : layout.layers)
      for (const Window& window : {layer.w, layer.b}) {
        const std::span<const float> a = std::span(all.gradients).subspan(window.offset, window.size());
        const std::span<const float> b = std::span(one.gradients).subspan(window.offset, window.size());
        const Distance d = compare(a, b);
        // 64 terms of one sum, each rounded by 2^-24 of a partial sum that is at most 8 (sqrt 64) times the result's
        // typical size, and cancellation: 1e-5 is a hundred times the roundings, and a thousandth of any wrong row.
        ASSERT_ON_ALL_RANKS(d.relative <= 1e-5) << name << ", layer " << layer.index << ": " << d;
      }
  }
}

TEST(Accumulation, StaysWithinWhatTheOrderOfSumsExplains) {
  for (int64_t batch : {5, 130})
    for (int64_t micro_batches : {2, 7})
      for (bool overlap : {false, true}) {
        const Dataset train = small_data(samples_for(batch));
        DataParallelOptions o = small_run(world_size(), batch);
        o.micro_batches = micro_batches;
        o.overlap = overlap;
        o.bucket_kib = 1;
        const SerialRun serial = train_serially(o, train, *make_cpu_device());
        const Distance d = compare(train_in_parallel(o, train).weights, serial.weights);
        ASSERT_ON_ALL_RANKS(moved(serial));
        ASSERT_ON_ALL_RANKS(d.within(bound_for(o, train, serial))) << "batch " << batch << ": " << d;
      }
}

// --- Gradients that are clipped ------------------------------------------------------------------------------------------

// A limit that every step's gradient exceeds. The sum over ranks, and then its length, are the serial run's.
TEST(Clipping, HasTheBitsOfTheSerialRun) {
  const Dataset train = small_data(200);
  for (bool reproducible : {false, true}) {
    DataParallelOptions o = small_run(world_size(), 64);
    o.optimizer.clip_norm = 0.05;
    o.reproducible = reproducible;
    if (reproducible) o.micro_batches = world_size();  // else the one micro-batch is cut as many
    const SerialRun serial = serial_with(o, train, world_size());
    ASSERT_ON_ALL_RANKS(moved(serial));
    EXPECT_ON_ALL_RANKS(compare(train_in_parallel(o, train).weights, serial.weights).same_bits()) << reproducible;
    DataParallelOptions unclipped = o;
    unclipped.optimizer.clip_norm = 0;
    EXPECT_ON_ALL_RANKS(!compare(serial_with(unclipped, train, world_size()).weights, serial.weights).same_bits());
  }
}

// --- Rows, evaluation, replicas, learning rate -------------------------------------------------------------------------

TEST(Rows, OfAllRanksAreTheBatch) {
  const Dataset train = small_data(200);
  for (bool reproducible : {false, true})
    for (int64_t micro_batches : {1, 3, 9}) {
      DataParallelOptions o = small_run(world_size(), 130);
      o.reproducible = reproducible;
      o.micro_batches = micro_batches;
      const auto device = make_cpu_device();
      const Layout layout = make_layout(o.sizes(train));
      const Buffer parameters(*device, layout.count, Purpose::parameters);
      const Buffer gradients(*device, layout.count, Purpose::gradients);
      device->fill(parameters, 0.0f, layout.count);
      const Space space{.rows = o.largest_micro_batch()};
      Mlp mlp(*device, layout, parameters, gradients, space);
      SoftmaxHead head(*device, space);
      const auto exchange = make_exchange(o, train.count, mlp, head, gradients);
      // One gradient, or one for each micro-batch of this rank; and room for the largest part of one.
      const size_t kept = reproducible ? std::max<size_t>(share(size_t(micro_batches), size_t(world_size()), size_t(world_rank())).size(), 1) : 1;
      EXPECT_ON_ALL_RANKS(device->memory(Purpose::gradients).live == 4 * kept * layout.count) << device->memory(Purpose::gradients).live;
      int most = 0;
      for (const Range batch : {Range{0, 130}, Range{130, 200}, Range{0, 3}}) {
        std::vector<int> seen(train.count, 0);
        bool fits = true;
        for (int m = 0; m < o.micro_batches; ++m) {
          const Range rows = exchange->begin(batch, m);
          fits = fits && rows.size() <= size_t(space.rows);
          most = std::max(most, int(rows.size()));
          for (size_t row = rows.first; row < rows.last; ++row) ++seen[row];
          if (!rows.empty()) mlp.forward(int(rows.size()));  // its loss will be asked for
        }
        MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, seen.data(), int(seen.size()), MPI_INT, MPI_SUM, MPI_COMM_WORLD));
        for (size_t row = 0; row < train.count; ++row)
          ASSERT_EQ(seen[row], row >= batch.first && row < batch.last ? 1 : 0) << row;
        ASSERT_ON_ALL_RANKS(fits);
        exchange->finish(0);
      }
      MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
      EXPECT_EQ(most, space.rows) << "no more room than one rank needs";
    }
}

// The float that adds nothing is -0: one row's gradient of -0 is that of the batch, whatever ranks without rows add.
TEST(Rows, WhoHasNoneAddsNothing) {
  const Dataset train = small_data(5);
  for (bool reproducible : {false, true})
    for (bool overlap : {false, !reproducible}) {
      DataParallelOptions o = small_run(world_size(), 1);
      o.reproducible = reproducible, o.overlap = overlap;
      const auto device = make_cpu_device();
      const Layout layout = make_layout(o.sizes(train));
      const Buffer parameters(*device, layout.count, Purpose::parameters), gradients(*device, layout.count, Purpose::gradients);
      device->fill(parameters, 0.0f, layout.count);
      Mlp mlp(*device, layout, parameters, gradients, {.rows = 1});
      SoftmaxHead head(*device, {.rows = 1});
      const auto exchange = make_exchange(o, train.count, mlp, head, gradients);
      device->fill(gradients, 7.0f, layout.count);
      if (!exchange->begin({2, 3}, 0).empty()) {
        mlp.forward(1);  // its loss will be asked for
        if (!reproducible) device->fill(gradients, -0.0f, layout.count);  // else backward would accumulate on what is here
      }
      exchange->finish(0);
      bool is_nothing = true;
      for (size_t i = 0; i < layout.count; ++i) is_nothing = is_nothing && gradients[i] == 0 && std::signbit(gradients[i]);
      EXPECT_ON_ALL_RANKS(is_nothing) << reproducible << overlap;
    }
}

TEST(Evaluation, CountsWhatOneRankCounts) {
  const Dataset data = small_data(101);
  const auto device = make_cpu_device();
  const Layout layout = make_layout({35, 10});
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, 1);
  Mlp mlp(*device, layout, weights.data(), nullptr, {.rows = 9});
  EXPECT_ON_ALL_RANKS(count_correct_together(mlp, data) == count_correct(mlp, data, {0, data.count}));
  EXPECT_ON_ALL_RANKS(count_correct_together(mlp, data, MPI_COMM_SELF) == count_correct(mlp, data, {0, data.count}));
  const Dataset few = small_data(2);
  EXPECT_ON_ALL_RANKS(count_correct_together(mlp, few) == count_correct(mlp, few, {0, few.count}));
}

TEST(Replicas, TheRankThatDiffersIsNamedOnAllRanks) {
  if (world_size() < 2) GTEST_SKIP() << "one rank has nobody to differ from";
  std::vector<float> weights(1000, 0.25f);
  EXPECT_NO_THROW(require_equal_replicas(weights, 1));
  const int odd = world_size() - 1;
  if (world_rank() == odd) weights[500] = std::nextafter(0.25f, 1.0f);
  EXPECT_NO_THROW(require_equal_replicas(weights, 12, MPI_COMM_SELF)) << "it differs from nobody that was asked";
  std::string message;
  try {
    require_equal_replicas(weights, 12);
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_ON_ALL_RANKS(message == "after step 12 the weights of rank " +
                                     (world_size() == 2 ? "0, 1 differ from each other" : std::to_string(odd) + " differ from those of the others"))
      << message;
}

// Half of them is not most of them.
TEST(Replicas, WhoIsRightIsSaidWhereMostAgree) {
  const auto said = [](const std::vector<uint64_t>& hashes) {
    std::vector<Copy> copies;
    for (const uint64_t hash : hashes) copies.push_back({hash, 10 + 3 * int(copies.size())});
    return differences(copies);
  };
  EXPECT_EQ(said({7}), "");
  EXPECT_EQ(said({7, 7, 7}), "");
  EXPECT_EQ(said({7, 8}), "the weights of rank 10, 13 differ from each other");
  EXPECT_EQ(said({8, 7, 7}), "the weights of rank 10 differ from those of the others");
  EXPECT_EQ(said({7, 8, 7, 9, 7}), "the weights of rank 13, 19 differ from those of the others");
  EXPECT_EQ(said({7, 8, 8, 7}), "the weights of rank 10, 13, 16, 19 differ from each other");
  EXPECT_EQ(said({1, 2, 3}), "the weights of rank 10, 13, 16 differ from each other");
}

// The first rank of its exchange speaks, and compares; the times of all of them come to that one.
TEST(Report, IsThatOfTheRanksOfItsExchange) {
  const Dataset train = small_data(samples_for(64));
  DataParallelOptions o = small_run(world_size(), 64);
  o.reproducible = o.compare_with_serial = true;
  o.micro_batches = 3;
  const Backwards all;
  const ParallelRun run = train_in_parallel(o, train, all.comm);
  const auto device = make_cpu_device();
  const Layout layout = make_layout(o.sizes(train));
  Buffer<> parameters(*device, layout.count, Purpose::parameters), gradients(*device, layout.count, Purpose::gradients);
  device->copy_in(parameters.data(), run.weights.data(), layout.count);
  Mlp mlp(*device, layout, parameters, gradients, {});
  SoftmaxHead head(*device, {});
  const auto exchange = make_exchange(o, train.count, mlp, head, gradients, all.comm);
  int status = -1;
  const std::string text = printed_by([&] {
    DataParallelReport report(o, train, *exchange);
    report.step(run.loss, 64);
    status = report.end(run.weights);
  });
  EXPECT_ON_ALL_RANKS(status == 0) << status << text;
  const bool speaks = rank_of(all.comm) == 0;
  for (const char* line : {"time: computing 100.0 %, exchanging 0.0 %", "distance to the serial run:  "})
    EXPECT_ON_ALL_RANKS(bool(contains(text, line)) == speaks) << line << text;
}

TEST(LearningRate, RisesToItsValueAndGrowsWithTheBatch) {
  DataParallelOptions o(1);
  o.batch = 512;
  EXPECT_EQ(o.rate_scale(0, 10), 1);
  o.reference_batch = 128;
  EXPECT_EQ(o.rate_scale(0, 10), 4);
  o.warm_up = 2;
  EXPECT_EQ(o.rate_scale(0, 10), 4.0 / 20);
  EXPECT_EQ(o.rate_scale(9, 10), 2);
  EXPECT_EQ(o.rate_scale(19, 10), 4);
  EXPECT_EQ(o.rate_scale(1000, 10), 4);
}

}  // namespace
