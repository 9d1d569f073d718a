// Chapter 06 on GPUs, or on the CPU that stands in for them, and where everything comes as late as it may: the bits of the serial run on
// that device, by every way between GPUs, and how often a host waits.
// ranks: 1 2 3 5
// more ranks: 4 6 7 8
#include <gtest/gtest.h>

#include <tuple>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/06_data_parallel/buckets.h"
#include "tests/06_parallel_runs.h"
#include "tests/device_without_handles.h"
#include "tests/known_clock.h"
#include "tests/mpi_from_gpus.h"

namespace {

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
  // Rank 0 trains, and all have it: where a GPU's kernels run on the CPU that is most of the work. Collective.
  SerialRun serial(DataParallelOptions o, const Dataset& train, int64_t micro_batches) {
    o.micro_batches = micro_batches;
    SerialRun run{};
    if (world_rank() == 0) run = train_serially(o, train, *device);
    for (std::vector<float>* part : {&run.initial, &run.weights}) {
      part->resize(make_layout(o.sizes(train)).count);
      MPI_CHECK(MPI_Bcast(part->data(), int(part->size()), MPI_FLOAT, 0, MPI_COMM_WORLD));
    }
    return run;
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
    const SerialRun alone = serial(run_on_device(batch), train, world_size());
    ASSERT_ON_ALL_RANKS(moved(alone));
    for (bool overlap : {false, true}) {
      DataParallelOptions o = run_on_device(batch);
      o.overlap = overlap;
      o.bucket_kib = overlap ? 1 : 0;
      const Distance d = compare(train_in_parallel(o, train).weights, alone.weights);
      ASSERT_ON_ALL_RANKS(d.same_bits()) << "batch " << batch << ": " << d;
    }
  }
}

// 1416 parameters: chunks of 1 KiB are 256 of them. No chunk has elements of two buckets; through host memory go two chunks at a time.
TEST_P(OnDevice, ChunksHaveTheBitsOfTheWholeAndNeedTheMemoryOfTwo) {
  const Dataset train = small_data(samples_for(130));
  for (const char* allreduce : {"rank-order", "recursive-doubling"}) {
    DataParallelOptions o = run_on_device(130);
    o.exchange = "host";
    o.allreduce = allreduce;
    const ParallelRun whole = train_in_parallel(o, train);
    const std::tuple<int, int, size_t> cases[] = {{0, 1, 256}, {0, 5, 1280}, {3, 1, 256}, {3, 2, 512}, {1, 3, 256}, {0, 6, 1416}};
    ASSERT_ON_ALL_RANKS(whole.exchange_bytes == 2 * 1416 * sizeof(float)) << whole.exchange_bytes;
    for (const auto& [bucket_kib, chunk_kib, longest] : cases) {
      o.bucket_kib = bucket_kib;
      o.chunk_kib = chunk_kib;
      const ParallelRun run = train_in_parallel(o, train);
      ASSERT_ON_ALL_RANKS(compare(run.weights, whole.weights).same_bits()) << allreduce << bucket_kib << " " << chunk_kib;
      ASSERT_ON_ALL_RANKS(compare(run.gradients, whole.gradients).same_bits());
      ASSERT_ON_ALL_RANKS(run.exchange_bytes == 2 * longest * sizeof(float)) << run.exchange_bytes << " bytes";
    }
  }
  DataParallelOptions ring = run_on_device(130);  // whose order depends on the place: it goes as a whole
  ring.exchange = "host", ring.allreduce = "ring";
  const ParallelRun whole = train_in_parallel(ring, train);
  ring.chunk_kib = 1;
  ASSERT_ON_ALL_RANKS(compare(train_in_parallel(ring, train).weights, whole.weights).same_bits());
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

// Even and odd ranks, counted backwards, train at the same time, and not the same: no sum is one over all of them.
TEST_P(OnDevice, TwoGroupsAtOnce) {
  MPI_Comm half;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, world_rank() % 2, -world_rank(), &half));
  const Dataset train = small_data(50);
  DataParallelOptions usual(ranks_of(half));
  usual.hidden = {9};
  usual.batch = 20;
  usual.epochs = 1;
  usual.watch = 1;
  usual.seed = 1 + world_rank() % 2;
  usual.device = GetParam();
  DataParallelOptions host = usual, early = usual, reproducible = usual;
  host.exchange = early.exchange = "host";
  early.overlap = true;
  reproducible.reproducible = true;
  reproducible.micro_batches = 3;
  for (const DataParallelOptions& o : {usual, host, early, reproducible}) {
    const ParallelRun run = train_in_parallel(o, train, half);
    bool right = true;
    if (rank_of(half) == 0) {
      DataParallelOptions alone = o;
      alone.micro_batches = o.reproducible ? 3 : o.ranks;
      const SerialRun expected = train_serially(alone, train, *device);
      right = moved(expected) && compare(run.weights, expected.weights).same_bits() && std::abs(run.loss - expected.loss) < 1e-9;
    }
    EXPECT_ON_ALL_RANKS(right) << o.exchange << o.overlap << o.reproducible;
  }
  MPI_CHECK(MPI_Comm_free(&half));
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
// chunk of the gradient, or with overlap for each bucket. Nothing else makes the host wait.
TEST_F(OnCuda, AStepWaitsForItsLossAndForChunksThatCrossTheHost) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU nobody counts waits";
  const Dataset train = small_data(130 * 3);
  for (const auto& [kib, chunk_kib] : std::initializer_list<std::pair<int64_t, int64_t>>{{0, 1024}, {0, 1}, {1, 1}, {3, 2}})
    for (const char* exchange : {"host", "peer"})
      for (bool overlap : {false, true})
        for (bool reads_no_loss : {false, true}) {
          DataParallelOptions o = on_gpus(130, exchange);
          o.bucket_kib = kib;
          o.chunk_kib = chunk_kib;
          o.overlap = overlap;
          o.watch = 0;  // which reads the weights
          const ParallelRun run = train_in_parallel(o, train, MPI_COMM_WORLD, {.reads_no_loss = reads_no_loss});
          const unsigned long of_loss = reads_no_loss ? 0 : 1;
          unsigned long pieces = 0;
          for (const Range bucket : make_buckets(make_layout(o.sizes(train)).count, size_t(kib) * 256))
            pieces += overlap ? 1 : (bucket.size() + size_t(chunk_kib) * 256 - 1) / (size_t(chunk_kib) * 256);
          ASSERT_EQ(run.waits.size(), 3u);
          for (const unsigned long waits : run.waits) {
            const std::string told = std::to_string(waits) + " waits, " + std::to_string(pieces) + " pieces by " + exchange;
            // With overlap through the host some of what is waited for has happened with the loss.
            const unsigned long most = of_loss + (run.between_gpus ? 0 : pieces);
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

// By a clock that the test knows: the calls with which buckets leave, and what is behind them, with the loss.
TEST_F(OnCuda, TheTimeOfSumsBetweenGpusIsCounted) {
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  const Dataset train = small_data(130);
  for (bool overlap : {false, true}) {
    DataParallelOptions o = on_gpus(130, "peer");
    o.overlap = overlap;
    o.bucket_kib = 1;
    o.watch = 0;
    const std::unique_ptr<Device> device = test_device("cuda");
    const Layout layout = make_layout(o.sizes(train));
    const Buffer parameters(*device, layout.count, Purpose::parameters), gradients(*device, layout.count, Purpose::gradients);
    device->fill(parameters, 0.0f, layout.count);
    const Space space{.rows = o.largest_micro_batch()};
    Mlp mlp(*device, layout, parameters, gradients, space);
    SoftmaxHead head(*device, space);
    const auto exchange = make_exchange(o, train.count, mlp, head, gradients);
    KnownClock clock(world_rank());
    const ClockOfTest by_test(clock);
    double exchanging = 0;
    for (int step = 0; step < 2; ++step) {
      mlp.forward(int(exchange->begin({0, 130}, 0).size()));
      mlp.backward(Write::overwrite);
      exchange->finish(0);
      for (size_t calls = (overlap ? layout.layers.size() : 0) + 2; calls > 0; --calls) exchanging += clock.section();
    }
    EXPECT_ON_ALL_RANKS(exchange->time().exchanging == exchanging && exchange->time().copying == 0) << exchange->time().exchanging << ", not " << exchanging;
  }
}

// An MPI that takes pointers into a GPU's memory. The host waits for its GPU before it hands over a bucket, and for losses.
TEST_F(OnCuda, MpiFromTheGpusMemoryEndsWithTheBitsOfTheWayThroughTheHost) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU it is not up to a test what MPI takes";
  for (int64_t batch : {5, 130})
    for (int64_t micro_batches : {1, 3})
      for (int64_t kib : {0, 1})
        for (bool overlap : {false, true}) {
          const Dataset train = small_data(samples_for(batch));
          DataParallelOptions o = on_gpus(batch, "host");
          o.micro_batches = micro_batches;
          o.bucket_kib = kib;
          o.overlap = overlap;
          o.watch = 0;
          const ParallelRun by_host = train_in_parallel(o, train);
          o.exchange = "mpi";
          const MpiTakesPointers so(true);
          const ParallelRun by_mpi = train_in_parallel(o, train);
          ASSERT_ON_ALL_RANKS(by_mpi.way == ", by MPI from the GPU's memory") << by_mpi.way;
          const Distance d = compare(by_mpi.weights, by_host.weights);
          ASSERT_ON_ALL_RANKS(d.same_bits()) << "batch " << batch << ", " << kib << " KiB, overlap " << overlap << ": " << d;
          ASSERT_ON_ALL_RANKS(compare(by_mpi.gradients, by_host.gradients).same_bits());
          ASSERT_ON_ALL_RANKS(by_mpi.loss == by_host.loss);
          const unsigned long buckets = make_buckets(make_layout(o.sizes(train)).count, size_t(kib) * 256).size();
          ASSERT_ON_ALL_RANKS(by_mpi.waits_by_mpi == (world_size() > 1 ? buckets * by_mpi.waits.size() : 0)) << by_mpi.waits_by_mpi;
          for (const unsigned long waits : by_mpi.waits)
            ASSERT_ON_ALL_RANKS(waits <= buckets + size_t(micro_batches)) << waits << " waits, " << buckets << " buckets";
        }
}

TEST_F(OnCuda, MpiIsTakenWhereItCanBeAndPeersCannot) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU it is not up to a test what MPI takes";
  const Dataset train = small_data(samples_for(64));
  const Unusual unreachable{.gradients_begin = world_rank() == world_size() - 1 ? 16u : 0u};
  const ParallelRun by_host = train_in_parallel(on_gpus(64, "host"), train);
  for (const bool takes : {false, true})
    for (const char* exchange : {"auto", "mpi", "peer", "host"}) {
      const MpiTakesPointers so(takes || world_rank() > 0);  // one that does not is enough
      const ParallelRun run = train_in_parallel(on_gpus(64, exchange), train, MPI_COMM_WORLD, unreachable);
      const bool can = exchange == std::string("auto") || exchange == std::string("mpi");
      ASSERT_ON_ALL_RANKS((run.way == ", by MPI from the GPU's memory") == (takes && can)) << exchange << run.way;
      ASSERT_ON_ALL_RANKS(compare(run.weights, by_host.weights).same_bits()) << exchange;
    }
}

// A vector that does not begin an allocation has no handle. Where one rank cannot give its own, all go through the host.
TEST_F(OnCuda, WhereOneRankCannotBeReachedAllGoByMpiOrThroughTheHost) {
  const Dataset train = small_data(samples_for(64));
  const auto trained = [&](const std::string& exchange, size_t begin = 0) {
    return train_in_parallel(on_gpus(64, exchange), train, MPI_COMM_WORLD, {.gradients_begin = begin});
  };
  for (const bool mpi : {false, true})
    for (const std::string exchange : {"auto", "peer"}) {
      const MpiTakesPointers on_all(mpi && &cuda_on_cpu_waits);
      const bool by_mpi = exchange == "auto" && mpi_takes_pointers;
      const ParallelRun usual = trained("peer");
      ASSERT_ON_ALL_RANKS(usual.between_gpus == on_one_host());
      ParallelRun fallen_back;
      expect_told_why([&] { fallen_back = trained(exchange, world_rank() == world_size() - 1 ? 16 : 0); }, "peer window", "gradients go", by_mpi);
      ASSERT_ON_ALL_RANKS(fallen_back.way == std::string(by_mpi ? ", by MPI from the GPU's memory" : ""));
      ASSERT_ON_ALL_RANKS(compare(fallen_back.weights, usual.weights).same_bits());
    }
}

TEST_F(OnCuda, WaysBetweenGpusAreRefusedWhereTheyCannotAdd) {
  Dataset train = small_data(64);
  const DataParallelOptions good = on_gpus(64, "peer");
  EXPECT_NO_THROW(good.apply(train));
  EXPECT_NO_THROW(on_gpus(64, "mpi").apply(train));
  DataParallelOptions on_cpu = good, ring = good, reproducible = good;
  on_cpu.device = "cpu";
  ring.allreduce = "ring";
  reproducible.reproducible = true;
  for (DataParallelOptions o : {on_cpu, ring, reproducible}) {
    for (const std::string exchange : {"peer", "mpi"}) {
      o.exchange = exchange;
      const std::string error = error_of([&] { o.apply(train); });
      EXPECT_TRUE(contains(error, "--exchange " + exchange + ": needs --device cuda and --allreduce rank-order")) << error;
    }
    o.exchange = "auto";
    EXPECT_NO_THROW(o.apply(train));
    EXPECT_FALSE(o.fits_gpus());
  }
  const std::unique_ptr<Device> device = test_device("cuda");  // a window is memory of the CPU
  const std::string error = error_of([&] { GradientMemory(*device, 10, "shared-window"); });
  EXPECT_ON_ALL_RANKS(error == "--allreduce shared-window: needs --device cpu, not " + device->name()) << error;
}

INSTANTIATE_TEST_SUITE_P(, OnDevice, testing::Values("cuda", "late"), [](const auto& info) { return std::string(info.param); });

}  // namespace
