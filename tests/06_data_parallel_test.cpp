// What chapter 06 claims: any number of ranks, with any cut of rows and gradients, trains the model that one rank trains.
// ranks: 1 2 3 4 5 7 8
#include <gtest/gtest.h>


#include <cmath>
#include <numeric>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/table.h"
#include "chapters/06_data_parallel/background_allreduce.h"
#include "chapters/06_data_parallel/buckets.h"
#include "chapters/06_data_parallel/data_parallel.h"
#include "chapters/06_data_parallel/peer_exchange.h"
#include "chapters/06_data_parallel/reproducible_exchange.h"
#include "common/compare.h"
#include "common/philox.h"
#include "tests/known_clock.h"
#include "tests/late_device.h"
#include "tests/recorded_calls.h"
#include "tests/mpi_expect.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

// In place of the MPI library's answer. Memory of common/cuda_on_cpu is the host's, so any MPI can send it.
static bool mpi_takes_pointers = false;
extern "C" int MPIX_GPU_query_support(int, int* yes) {
  *yes = mpi_takes_pointers;
  return MPI_SUCCESS;
}

namespace {

int world_rank() {
  int rank;
  MPI_CHECK(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  return rank;
}

int world_size() {
  int size;
  MPI_CHECK(MPI_Comm_size(MPI_COMM_WORLD, &size));
  return size;
}

// Pixels and labels that mean nothing, but give gradients of all sizes. 5 x 7 pixels.
Dataset small_data(size_t count) {
  Dataset data;
  data.count = count;
  data.height = 5;
  data.width = 7;
  for (size_t i = 0; i < count * data.features(); ++i)
    data.pixels.push_back(uint8_t(random_words(1, RandomStream::test, 1, i)[0] % 256));
  for (size_t i = 0; i < count; ++i) data.labels.push_back(uint8_t(random_words(1, RandomStream::test, 2, i)[0] % 10));
  return data;
}

// 35-23-17-10, 1416 parameters: pieces of 1 KiB cut through layers.
DataParallelOptions small_run(int ranks, int64_t batch) {
  DataParallelOptions o(ranks);
  o.hidden = {23, 17};
  o.batch = batch;
  o.epochs = 2;
  o.watch = 3;
  return o;
}

// The last batch is short, where the batch allows it.
size_t samples_for(int64_t batch) { return batch == 1 ? 7 : size_t(2 * batch + batch / 2); }

const std::vector<int64_t> batches_to_try = {1, 5, 64, 128, 130};

struct ParallelRun {
  std::vector<float> weights;
  std::vector<float> gradients;  // of the last step
  double loss;                   // of the last batch
  std::string way;  // Exchange::way
  bool between_gpus;
  std::vector<unsigned long> waits;  // of the host for a GPU, in each step, without those for the input; empty where nobody counts
};

unsigned long waits_so_far() { return &cuda_on_cpu_waits ? cuda_on_cpu_waits : 0; }

struct Unusual {
  size_t gradients_begin = 0;  // so far behind the beginning of their allocation
  bool reads_no_loss = false;
  bool buckets_run_at_once = false;  // not as late as they may
};

// The loop of train.cpp.
ParallelRun train_in_parallel(const DataParallelOptions& o, const Dataset& train, MPI_Comm comm = MPI_COMM_WORLD, Unusual unusual = {}) {
  const std::unique_ptr<Device> device = test_device(o.device);
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const GradientMemory memory(*device, unusual.gradients_begin + layout.count, o.allreduce, comm);
  float* const gradients = memory.data() + unusual.gradients_begin;
  device->fill(gradients, NAN, layout.count);
  ParallelRun run{std::vector<float>(layout.count), std::vector<float>(layout.count), 0, "", false, {}};
  initialize(run.weights.data(), layout, uint64_t(o.seed));
  device->copy_in(parameters.data(), run.weights.data(), layout.count);

  const Space space{.rows = o.largest_micro_batch()};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  Optimizer optimizer(*device, o.optimizer, layout.count);
  const std::unique_ptr<Exchange> exchange = make_exchange(o, train.count, mlp, head, gradients, comm);
  run.way = exchange->way();
  run.between_gpus = run.way == " from GPU to GPU";
  const auto peers = dynamic_cast<PeerExchange*>(exchange.get());
  if (peers && unusual.buckets_run_at_once && mlp.hooks.after_backward)
    mlp.hooks.after_backward = [peers, hook = mlp.hooks.after_backward](int layer, int slot) {
      hook(layer, slot);
      peers->window().wait();
    };

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
    for (const Range batch : batches(train.count, size_t(o.batch))) {
      run.loss = 0;
      unsigned long waits = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = exchange->begin(batch, m);
        if (rows.empty()) continue;
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        const unsigned long before = waits_so_far();
        mlp.forward(int(rows.size()));
        head.backward(mlp, batch.size());
        mlp.backward(write);
        if (!unusual.reads_no_loss) run.loss += head.loss(mlp, batch.size());
        write = Write::accumulate;
        waits += waits_so_far() - before;
      }
      const unsigned long before = waits_so_far();
      run.loss = exchange->finish(run.loss);
      optimizer.step(parameters, gradients, exchange->rate_scale());
      run.waits.push_back(waits + waits_so_far() - before);
    }
  }
  exchange->compare_replicas();
  device->copy_out(run.weights.data(), parameters.data(), layout.count);
  device->copy_out(run.gradients.data(), gradients, layout.count);
  return run;
}

SerialRun train_serially(const DataParallelOptions& o, const Dataset& train, Device& device) {
  return run_serially(o, train, device, o.rates());
}

SerialRun serial_with(DataParallelOptions o, const Dataset& train, int64_t micro_batches) {
  o.micro_batches = micro_batches;
  return train_serially(o, train, *make_cpu_device());
}

// How far correct programs may be apart: ten times what the serial run differs from itself when the rows of a batch are
// summed in other orders. Not zero even where these orders agree (batch 1): one rounding of a weight near 1 is 6e-8.
double bound_for(const DataParallelOptions& o, const Dataset& train, const SerialRun& serial) {
  double largest = 6e-8;
  for (int64_t m : {2, 3, 5, 8})
    largest = std::max(largest, compare(serial_with(o, train, m).weights, serial.weights).max_abs);
  return 10 * largest;
}

// Training that moves nothing agrees with everything.
bool moved(const SerialRun& run) { return compare(run.weights, run.initial).max_abs > 1e-3; }

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

TEST(Reproducible, EfficiencyIsTheShareOfRanksThatHaveWork) {
  EXPECT_EQ(ReproducibleExchange::efficiency(8, 4), 1);
  EXPECT_EQ(ReproducibleExchange::efficiency(5, 4), 5.0 / 8);
  EXPECT_EQ(ReproducibleExchange::efficiency(2, 8), 1.0 / 4);
}

// --- Rung 3: another order of sums ------------------------------------------------------------------------------------

// Ranks on several hosts share no memory. What needs it must say so on every rank, and is left out then.
bool refused_across_hosts(const DataParallelOptions& o, const Dataset& train) {
  if (!find_allreduce(o.allreduce).needs_window || on_one_host()) return false;
  const std::string error = error_of([&] { train_in_parallel(o, train); });
  EXPECT_ON_ALL_RANKS(error.find("do not share memory") != std::string::npos) << error;
  return true;
}

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

// --- The same on GPUs, or on the CPU that stands in for them, and where everything comes as late as it may -----------

class OnDevice : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    try {
      device = test_device(GetParam());
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
  static DataParallelOptions run_on_device(int64_t batch) {
    DataParallelOptions o = small_run(world_size(), batch);
    o.device = GetParam();
    o.epochs = 1;
    return o;
  }
  SerialRun serial(DataParallelOptions o, const Dataset& train, int64_t micro_batches) {
    o.micro_batches = micro_batches;
    return train_serially(o, train, *device);
  }
  std::unique_ptr<Device> device;
};

// A run on GPUs, or on the CPU that stands in for them.
DataParallelOptions on_gpus(int64_t batch, const std::string& exchange) {
  DataParallelOptions o = small_run(world_size(), batch);
  o.device = "cuda";
  o.exchange = exchange;
  o.epochs = 1;
  return o;
}

TEST_P(OnDevice, RankOrderHasTheBitsOfTheSerialRunOnThatDevice) {
  for (int64_t batch : batches_to_try) {
    const Dataset train = small_data(samples_for(batch));
    for (bool overlap : {false, true}) {
      DataParallelOptions o = run_on_device(batch);
      o.overlap = overlap;
      o.bucket_kib = overlap ? 1 : 0;
      const SerialRun alone = serial(o, train, world_size());
      ASSERT_ON_ALL_RANKS(moved(alone));
      const Distance d = compare(train_in_parallel(o, train).weights, alone.weights);
      ASSERT_ON_ALL_RANKS(d.same_bits()) << "batch " << batch << ": " << d;
    }
  }
}

TEST_P(OnDevice, ReproducibleHasTheBitsOfTheSerialRunOnThatDevice) {
  for (int64_t batch : {5, 130}) {
    const Dataset train = small_data(samples_for(batch));
    DataParallelOptions o = run_on_device(batch);
    o.reproducible = true;
    o.micro_batches = 4;
    const Distance d = compare(train_in_parallel(o, train).weights, serial(o, train, 4).weights);
    ASSERT_ON_ALL_RANKS(d.same_bits()) << "batch " << batch << ": " << d;
  }
}

TEST_P(OnDevice, EveryAllreduceStaysNearTheSerialRunOnTheCpu) {
  const Dataset train = small_data(samples_for(130));
  DataParallelOptions o = run_on_device(130);
  const SerialRun on_cpu = train_serially(o, train, *make_cpu_device());
  const double bound = bound_for(o, train, on_cpu);
  for (const std::string& name : allreduce_names()) {
    if (find_allreduce(name).needs_window) continue;  // a window is the CPU's memory
    o.allreduce = name;
    const Distance d = compare(train_in_parallel(o, train).weights, on_cpu.weights, on_cpu.initial);
    ASSERT_ON_ALL_RANKS(d.within(bound)) << name << ", bound " << bound << ": " << d;
  }
}

struct OnCuda : testing::Test {
  void SetUp() override {
    try {
      count_gpus();
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
};

// Where the CPU stands in for a GPU it counts the waits of the host: in a step one for the loss, and through host memory one for each
// piece of the gradient. Nothing else makes the host wait.
TEST_F(OnCuda, AStepWaitsForItsLossAndForBucketsThatCrossTheHost) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU nobody counts waits";
  const Dataset train = small_data(130 * 3);
  for (int64_t kib : {0, 1})
    for (const char* exchange : {"host", "peer"})
      for (bool overlap : {false, true})
        for (bool reads_no_loss : {false, true}) {
          DataParallelOptions o = on_gpus(130, exchange);
          o.bucket_kib = kib;
          o.overlap = overlap;
          o.watch = 0;  // which reads the weights
          const ParallelRun run = train_in_parallel(o, train, MPI_COMM_WORLD, {.reads_no_loss = reads_no_loss});
          const unsigned long of_loss = reads_no_loss ? 0 : 1;
          const unsigned long buckets = make_buckets(make_layout(o.sizes(train)).count, size_t(kib) * 256).size();
          ASSERT_EQ(run.waits.size(), 3u);
          for (const unsigned long waits : run.waits) {
            const std::string told = std::to_string(waits) + " waits, " + std::to_string(buckets) + " buckets by " + exchange;
            // With overlap through the host some of what is waited for has happened with the loss.
            const unsigned long most = of_loss + (run.between_gpus ? 0 : buckets);
            const unsigned long fewest = !run.between_gpus && overlap ? 1 : most;
            ASSERT_ON_ALL_RANKS(waits >= fewest && waits <= most) << told;
          }
        }
}

TEST_F(OnCuda, PeersEndWithTheBitsOfTheWayThroughTheHost) {
  for (int64_t batch : {5, 130})
    for (int64_t micro_batches : {1, 3})
      for (int64_t kib : {0, 1})
        for (bool overlap : {false, true}) {
          const Dataset train = small_data(samples_for(batch));
          DataParallelOptions o = on_gpus(batch, "host");
          o.micro_batches = micro_batches;
          o.bucket_kib = kib;
          o.overlap = overlap;
          const ParallelRun by_host = train_in_parallel(o, train);
          ASSERT_ON_ALL_RANKS(!by_host.between_gpus);
          o.exchange = "peer";
          const ParallelRun by_peers = train_in_parallel(o, train);
          ASSERT_ON_ALL_RANKS(by_peers.between_gpus == on_one_host());
          const Distance d = compare(by_peers.weights, by_host.weights);
          ASSERT_ON_ALL_RANKS(d.same_bits()) << "batch " << batch << ", " << kib << " KiB, overlap " << overlap << ": " << d;
          ASSERT_ON_ALL_RANKS(compare(by_peers.gradients, by_host.gradients).same_bits());
          ASSERT_ON_ALL_RANKS(by_peers.loss == by_host.loss);
          if (!overlap) continue;
          const ParallelRun at_once = train_in_parallel(o, train, MPI_COMM_WORLD, {.buckets_run_at_once = true});
          ASSERT_ON_ALL_RANKS(compare(at_once.weights, by_host.weights).same_bits()) << "where buckets run as soon as they may";
        }
}

// An MPI that takes pointers into a GPU's memory. The host waits for the GPU before the first message, and in each bucket for its sum.
TEST_F(OnCuda, MpiFromTheGpusMemoryEndsWithTheBitsOfTheWayThroughTheHost) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU it is not up to a test what MPI takes";
  for (int64_t batch : {5, 130})
    for (int64_t micro_batches : {1, 3})
      for (int64_t kib : {0, 1}) {
        const Dataset train = small_data(samples_for(batch));
        DataParallelOptions o = on_gpus(batch, "host");
        o.micro_batches = micro_batches;
        o.bucket_kib = kib;
        o.watch = 0;
        const ParallelRun by_host = train_in_parallel(o, train);
        o.exchange = "mpi";
        mpi_takes_pointers = true;
        const ParallelRun by_mpi = train_in_parallel(o, train);
        mpi_takes_pointers = false;
        ASSERT_ON_ALL_RANKS(by_mpi.way == ", by MPI from the GPU's memory") << by_mpi.way;
        const Distance d = compare(by_mpi.weights, by_host.weights);
        ASSERT_ON_ALL_RANKS(d.same_bits()) << "batch " << batch << ", " << kib << " KiB: " << d;
        ASSERT_ON_ALL_RANKS(compare(by_mpi.gradients, by_host.gradients).same_bits());
        ASSERT_ON_ALL_RANKS(by_mpi.loss == by_host.loss);
        const unsigned long buckets = make_buckets(make_layout(o.sizes(train)).count, size_t(kib) * 256).size();
        for (const unsigned long waits : by_mpi.waits)
          ASSERT_ON_ALL_RANKS(waits <= buckets + 1 + size_t(micro_batches)) << waits << " waits, " << buckets << " buckets";
      }
}

TEST_F(OnCuda, MpiIsTakenWhereItCanBeAndPeersCannot) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU it is not up to a test what MPI takes";
  const Dataset train = small_data(samples_for(64));
  const Unusual unreachable{.gradients_begin = world_rank() == world_size() - 1 ? 16u : 0u};
  const ParallelRun by_host = train_in_parallel(on_gpus(64, "host"), train);
  for (const bool takes : {false, true})
    for (const char* exchange : {"auto", "mpi", "peer", "host"}) {
      mpi_takes_pointers = takes || world_rank() > 0;  // one that does not is enough
      const ParallelRun run = train_in_parallel(on_gpus(64, exchange), train, MPI_COMM_WORLD, unreachable);
      mpi_takes_pointers = false;
      const bool can = exchange == std::string("auto") || exchange == std::string("mpi");
      ASSERT_ON_ALL_RANKS((run.way == ", by MPI from the GPU's memory") == (takes && can)) << exchange << run.way;
      ASSERT_ON_ALL_RANKS(compare(run.weights, by_host.weights).same_bits()) << exchange;
    }
}

TEST_F(OnCuda, MpiIsRefusedWhereItCannotAdd) {
  Dataset train = small_data(64);
  DataParallelOptions o = on_gpus(64, "mpi");
  EXPECT_NO_THROW(o.apply(train));
  o.overlap = true;
  EXPECT_TRUE(contains(error_of([&] { o.apply(train); }), "--exchange mpi: needs --device cuda and --allreduce rank-order, and goes not with"));
  o.overlap = false, o.device = "cpu";
  EXPECT_TRUE(contains(error_of([&] { o.apply(train); }), "--exchange mpi: needs --device cuda"));
}

// A vector that does not begin an allocation has no handle. Where one rank cannot give its own, all go through the host.
TEST_F(OnCuda, WhereOneRankCannotBeReachedAllGoThroughTheHost) {
  const Dataset train = small_data(samples_for(64));
  for (const char* exchange : {"auto", "peer"}) {
    const DataParallelOptions o = on_gpus(64, exchange);
    const ParallelRun usual = train_in_parallel(o, train);
    ASSERT_ON_ALL_RANKS(usual.between_gpus == on_one_host());
    const bool odd = world_rank() == world_size() - 1;
    const ParallelRun fallen_back = train_in_parallel(o, train, MPI_COMM_WORLD, {.gradients_begin = odd ? 16u : 0u});
    ASSERT_ON_ALL_RANKS(!fallen_back.between_gpus);
    ASSERT_ON_ALL_RANKS(compare(fallen_back.weights, usual.weights).same_bits());
  }
}

TEST_F(OnCuda, PeersAreRefusedWhereTheyCannotAdd) {
  Dataset train = small_data(64);
  const DataParallelOptions good = on_gpus(64, "peer");
  EXPECT_NO_THROW(good.apply(train));
  DataParallelOptions on_cpu = good, ring = good, reproducible = good;
  on_cpu.device = "cpu";
  ring.allreduce = "ring";
  reproducible.reproducible = true;
  for (DataParallelOptions o : {on_cpu, ring, reproducible}) {
    const std::string error = error_of([&] { o.apply(train); });
    EXPECT_TRUE(contains(error, "--exchange peer: needs --device cuda and --allreduce rank-order")) << error;
    o.exchange = "auto";
    EXPECT_NO_THROW(o.apply(train));
    EXPECT_FALSE(o.fits_peers());
  }
}

INSTANTIATE_TEST_SUITE_P(, OnDevice, testing::Values("cuda", "late"), [](const auto& info) { return std::string(info.param); });

// --- Buckets and overlap ---------------------------------------------------------------------------------------------

TEST(Buckets, CoverTheVectorFromItsEnd) {
  for (size_t n : {1u, 5u, 6u, 7u, 1000u})
    for (size_t length : {0u, 1u, 3u, 7u, 2000u}) {
      size_t next = n;
      for (const Range bucket : make_buckets(n, length)) {
        ASSERT_EQ(bucket.last, next);
        ASSERT_FALSE(bucket.empty());
        ASSERT_LE(bucket.size(), length == 0 ? n : length);
        next = bucket.first;
      }
      ASSERT_EQ(next, 0u) << n << " in pieces of " << length;
    }
}

TEST(Buckets, AndOverlapLeaveTheBitsAloneWhereTheOrderDoesNotDependOnThePosition) {
  const Dataset train = small_data(samples_for(130));
  for (const Named<Allreduce>& allreduce : allreduces()) {
    if (allreduce.order_depends_on_position) continue;
    DataParallelOptions o = small_run(world_size(), 130);
    o.allreduce = allreduce.name;
    o.epochs = 1;
    if (refused_across_hosts(o, train)) continue;
    const ParallelRun whole = train_in_parallel(o, train);
    for (int64_t kib : {1, 4})
      for (bool overlap : {false, true}) {
        o.bucket_kib = kib;
        o.overlap = overlap && runs_in_background(allreduce.name);
        const Distance d = compare(train_in_parallel(o, train).weights, whole.weights);
        ASSERT_ON_ALL_RANKS(d.same_bits()) << allreduce.name << ", " << kib << " KiB, overlap " << overlap << ": " << d;
      }
  }
}

// The counter-example, and the reason for the default.
TEST(Buckets, ChangeTheBitsOfTheRing) {
  if (world_size() < 3) GTEST_SKIP() << "a ring of two ranks adds two numbers: there is one order only";
  const Dataset train = small_data(samples_for(130));
  DataParallelOptions o = small_run(world_size(), 130);
  o.allreduce = "ring";
  const ParallelRun whole = train_in_parallel(o, train);
  o.bucket_kib = 1;
  EXPECT_ON_ALL_RANKS(!compare(train_in_parallel(o, train).weights, whole.weights).same_bits());
}

TEST(Overlap, IsRefusedWhereItCannotBe) {
  Dataset train = small_data(64);
  DataParallelOptions o = small_run(world_size(), 64);
  o.overlap = true;
  o.allreduce = "ring";
  EXPECT_EQ(error_of([&] { o.apply(train); }), "--overlap: --allreduce ring cannot run in the background, only rank-order and mpi");
  o.allreduce = "rank-order";
  EXPECT_NO_THROW(o.apply(train));
  o.reproducible = true;
  EXPECT_EQ(error_of([&] { o.apply(train); }),
            "--overlap: --reproducible adds whole micro-batches in order and sends nothing before the last one");
}

// A piece has a number of its own among the messages under way; and an exchange that is gone is called by no layer.
TEST(Overlap, TakesTenThousandPieces) {
  const auto device = make_cpu_device();
  DataParallelOptions o = small_run(world_size(), 1);
  o.overlap = true;
  o.bucket_kib = 1;  // 256 floats
  for (int in : {9999, 10000}) {
    const Layout layout = make_layout({in, 256});
    ASSERT_EQ(layout.count, size_t(in + 1) * 256);
    const Buffer memory(*device, layout.count, Purpose::gradients);
    Mlp mlp(*device, layout, memory, memory, {});
    SoftmaxHead head(*device, {});
    const std::string error = error_of([&] { make_exchange(o, 1, mlp, head, memory); });
    EXPECT_ON_ALL_RANKS(error == (in == 9999 ? "" : "--bucket-kib: 10001 pieces are too many, 10000 is the most")) << error;
    EXPECT_ON_ALL_RANKS(!mlp.hooks.after_backward);
  }
}

// --- The allreduce in the background ---------------------------------------------------------------------------------

TEST(BackgroundAllreduce, HasTheBitsOfTheBlockingOne) {
  MPI_Comm comm;
  MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &comm));
  for (size_t n : {0u, 1u, 2u, 7u, 100u, 5000u, 100000u}) {
    std::vector<float> expected(n), data(n);
    for (size_t i = 0; i < n; ++i)
      data[i] = uniform(random_words(1, RandomStream::test, uint32_t(world_rank()), i)[0]) - 0.5f;
    expected = data;
    allreduce_rank_order(expected.data(), expected.data(), n, MPI_COMM_WORLD);
    const auto sum = begin_allreduce("rank-order", data.data(), n, 0, comm);
    if (n % 2 == 0) sum->progress();
    sum->wait();
    ASSERT_ON_ALL_RANKS(std::equal(data.begin(), data.end(), expected.begin())) << n;
    ASSERT_ON_ALL_RANKS(sum->progress());
  }
  MPI_CHECK(MPI_Comm_free(&comm));
}

TEST(BackgroundAllreduce, RefusesMoreThanAnMpiCountHolds) {
  for (const char* name : {"rank-order", "mpi"})
    EXPECT_EQ(error_of([&] { begin_allreduce(name, nullptr, size_t{1} << 31, 0, MPI_COMM_SELF); }),
              "--overlap: a piece of 2147483648 gradients, choose --bucket-kib");
}

// Small whole numbers: every order gives the same sum.
TEST(BackgroundAllreduce, SeveralAtATimeDoNotMix) {
  MPI_Comm comm;
  MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &comm));
  for (const char* name : {"rank-order", "mpi"}) {
    constexpr int pieces = 5;
    constexpr size_t n = 9000;
    std::vector<std::vector<float>> data;
    std::vector<std::unique_ptr<BackgroundAllreduce>> under_way;
    for (int p = 0; p < pieces; ++p) data.emplace_back(n, float(1 + world_rank() + 100 * p));
    for (int p = 0; p < pieces; ++p) under_way.push_back(begin_allreduce(name, data[size_t(p)].data(), n, p, comm));
    for (int p = pieces - 1; p >= 0; --p) under_way[size_t(p)]->progress();
    for (int p = pieces - 1; p >= 0; --p) under_way[size_t(p)]->wait();
    const int ranks = world_size();
    bool right = true;
    for (int p = 0; p < pieces; ++p)
      for (float value : data[size_t(p)]) right = right && value == float(ranks * (ranks + 1) / 2 + 100 * p * ranks);
    ASSERT_ON_ALL_RANKS(right) << name;
  }
  MPI_CHECK(MPI_Comm_free(&comm));
}

// No rank is everybody's first target; a receive is there before any message that it can be for is sent.
TEST(BackgroundAllreduce, BeginsWithTheRightNeighbourAndReceivesFirst) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  MPI_Comm comm;
  MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &comm));
  std::vector<float> data(1000, 1.0f);
  const std::vector<Recorded> calls = record([&] { begin_allreduce("rank-order", data.data(), data.size(), 0, comm)->wait(); });
  const std::string receives(size_t(world_size() - 1), 'R'), sends(size_t(world_size() - 1), 'S');
  EXPECT_ON_ALL_RANKS(letters_of(calls) == receives + sends + receives + sends) << letters_of(calls);
  EXPECT_ON_ALL_RANKS(begin_at_the_right(calls, "MPI_Isend", world_rank(), world_size()));
  MPI_CHECK(MPI_Comm_free(&comm));
}

// --- Gradients that are clipped ------------------------------------------------------------------------------------------

// A limit that every step's gradient exceeds. The sum over ranks, and then its length, are the serial run's.
TEST(Clipping, HasTheBitsOfTheSerialRun) {
  const Dataset train = small_data(200);
  for (bool reproducible : {false, true}) {
    DataParallelOptions o = small_run(world_size(), 64);
    o.micro_batches = world_size();
    o.reproducible = true;
    o.optimizer.clip_norm = 0.05;
    o.overlap = false;
    if (!reproducible) o.allreduce = "rank-order";
    const SerialRun serial = train_serially(o, train, *make_cpu_device());
    ASSERT_ON_ALL_RANKS(moved(serial));
    EXPECT_ON_ALL_RANKS(compare(train_in_parallel(o, train).weights, serial.weights).same_bits()) << reproducible;
    DataParallelOptions unclipped = o;
    unclipped.optimizer.clip_norm = 0;
    EXPECT_ON_ALL_RANKS(!compare(train_serially(unclipped, train, *make_cpu_device()).weights, serial.weights).same_bits());
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
      for (const Range batch : {Range{0, 130}, Range{130, 200}, Range{0, 3}}) {
        std::vector<int> seen(train.count, 0);
        bool fits = true;
        for (int m = 0; m < o.micro_batches; ++m) {
          const Range rows = exchange->begin(batch, m);
          fits = fits && rows.size() <= size_t(space.rows);
          for (size_t row = rows.first; row < rows.last; ++row) ++seen[row];
          if (!rows.empty()) mlp.forward(int(rows.size()));  // its loss will be asked for
        }
        MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, seen.data(), int(seen.size()), MPI_INT, MPI_SUM, MPI_COMM_WORLD));
        for (size_t row = 0; row < train.count; ++row)
          ASSERT_EQ(seen[row], row >= batch.first && row < batch.last ? 1 : 0) << row;
        ASSERT_ON_ALL_RANKS(fits);
        exchange->finish(0);
      }
    }
}

// The report calls it "exchanging", not "waiting": it is all that happens between backward and the update, the additions of
// chapter 05's functions, too. By a clock that the test knows; a pair of its readings is one time.
TEST(ExchangeTime, IsAllTheTimeOfAnExchange) {
  const Dataset train = small_data(200);
  DataParallelOptions whole = small_run(world_size(), 130), pieces = whole, early = whole, reproducible = whole;
  pieces.bucket_kib = early.bucket_kib = 1;
  early.overlap = true;
  reproducible.reproducible = true;
  reproducible.micro_batches = 3;
  for (DataParallelOptions o : {whole, pieces, early, reproducible}) {
    o.watch = 0;
    const auto device = make_cpu_device();
    const Layout layout = make_layout(o.sizes(train));
    const Buffer parameters(*device, layout.count, Purpose::parameters);
    const Buffer gradients(*device, layout.count, Purpose::gradients);
    device->fill(parameters, 0.0f, layout.count);
    const Space space{.rows = o.largest_micro_batch()};
    Mlp mlp(*device, layout, parameters, gradients, space);
    SoftmaxHead head(*device, space);
    const auto exchange = make_exchange(o, train.count, mlp, head, gradients);
    KnownClock clock(world_rank());
    const ClockOfTest by_test(clock);
    double exchanging = 0, copying = 0;
    const std::vector<Range> buckets = make_buckets(layout.count, size_t(o.bucket_kib) * 256);
    ASSERT_EQ(buckets.size(), o.bucket_kib == 0 ? 1u : 6u);
    for (int step = 0; step < 2; ++step) {
      bool any = false;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = exchange->begin({0, 130}, m);
        if (rows.empty()) continue;
        any = true;
        mlp.forward(int(rows.size()));  // its loss will be asked for
        mlp.backward(Write::overwrite);
      }
      exchange->finish(0);
      if (o.reproducible) {
        copying += clock.section(), exchanging += clock.section(), copying += clock.section();
        continue;
      }
      size_t gone = 0;
      const auto leave = [&](size_t ready) {
        for (; gone < buckets.size() && buckets[gone].first >= ready; ++gone) copying += clock.section(), exchanging += clock.section();
      };
      const auto panels = [](int columns) { return (columns + matmul_shape().tile_columns - 1) / matmul_shape().tile_columns; };
      for (size_t l = layout.layers.size(); o.overlap && any && l-- > 0;) {
        leave(layout.layers[l].range().first), exchanging += clock.section();
        if (l == 0) break;
        const Layer& next = layout.layers[l - 1];  // dx, but of the first layer, and dw: progress after each panel of columns
        for (int p = (l > 1 ? panels(next.in) : 0) + panels(next.out); p > 0; --p) exchanging += clock.section();
      }
      leave(0);
      for (size_t b = 0; o.overlap && b < buckets.size(); ++b) exchanging += clock.section();
      copying += clock.section(), exchanging += clock.section();
    }
    const ExchangeTime time = exchange->time();
    ASSERT_ON_ALL_RANKS(time.exchanging == exchanging && time.copying == copying)
        << time.exchanging << " of " << exchanging << " s, " << time.copying << " of " << copying << " s";
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
  const Dataset few = small_data(2);
  EXPECT_ON_ALL_RANKS(count_correct_together(mlp, few) == count_correct(mlp, few, {0, few.count}));
}

TEST(Replicas, TheRankThatDiffersIsNamedOnAllRanks) {
  if (world_size() < 2) GTEST_SKIP() << "one rank has nobody to differ from";
  std::vector<float> weights(1000, 0.25f);
  EXPECT_NO_THROW(require_equal_replicas(weights, 1));
  const int odd = world_size() - 1;
  if (world_rank() == odd) weights[500] = std::nextafter(0.25f, 1.0f);
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
