// Chapter 06's gradient in pieces: buckets leave the bits alone where the order of a sum does not depend on the place, they leave while
// backward still runs, by an allreduce in the background, and all the time of an exchange is counted.
// ranks: 1 2 3 7 8
// more ranks: 4 5
#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <string>

#include "chapters/05_collectives/collectives.h"
#include "chapters/06_data_parallel/background_allreduce.h"
#include "chapters/06_data_parallel/buckets.h"
#include "chapters/06_data_parallel/interleaved.h"
#include "chapters/06_data_parallel/trace_layers.h"
#include "tests/06_parallel_runs.h"
#include "tests/few_communicators.h"
#include "tests/known_clock.h"
#include "tests/recorded_calls.h"

// How many numbers MPI was asked to add in the background, of which there is no memory.
int asked_to_add = -1;
int noted_iallreduce(const void*, void*, int n, MPI_Datatype, MPI_Op, MPI_Comm, MPI_Request*) { return asked_to_add = n, MPI_SUCCESS; }
#define MPI_Iallreduce noted_iallreduce
namespace noted_background {
#include "chapters/06_data_parallel/background_allreduce.cpp"
}
#undef MPI_Iallreduce

namespace {

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

// A run of one rank with --overlap, and a network of one little layer.
struct LittleRun {
  const std::unique_ptr<Device> device = make_cpu_device();
  const Layout layout = make_layout({4, 3});
  const Buffer<> memory{*device, layout.count, Purpose::gradients};
  Mlp mlp{*device, layout, memory, memory, {}};
  SoftmaxHead head{*device, {}};
  DataParallelOptions o = small_run(1, 1);
  LittleRun() { o.overlap = true, device->fill(memory, 1.0f, layout.count); }
  auto exchange() { return make_exchange(o, 1, mlp, head, memory); }
};

// A program may make an exchange for each of many runs.
TEST(Overlap, GivesItsCommunicatorBack) {
  if (world_size() > 1) GTEST_SKIP() << "for one rank: more of them would make communicators for long";
  LittleRun run;
  const FewCommunicators few;
  for (int turn = 0; turn < few.turns; ++turn) run.exchange();
  EXPECT_FALSE(run.mlp.hooks.after_backward);
}

// A step that ends with an error leaves its exchange in the middle: what the device calls meanwhile goes with it.
TEST(Overlap, AnExchangeThatIsGoneIsNotCalledMeanwhile) {
  if (world_size() > 1) GTEST_SKIP() << "for one rank: messages of others would be under way";
  LittleRun run;
  {
    const auto exchange = run.exchange();
    exchange->begin({0, 1}, 0);
    run.mlp.hooks.after_backward(0, 0);
    EXPECT_TRUE(run.device->meanwhile);
  }
  EXPECT_FALSE(run.device->meanwhile);
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
  noted_background::begin_allreduce("mpi", nullptr, INT_MAX, 0, MPI_COMM_SELF)->wait();
  EXPECT_EQ(asked_to_add, INT_MAX);
}

// Numbers of 16 bits, here whole numbers as they are, in blocks that are no multiple of the pieces in which they are added: what stands
// behind the last one stays.
TEST(BackgroundAllreduce, WordsLeaveWhatIsBehindThem) {
  const MessageFormat whole = {[](uint16_t* to, const float* from, size_t n) { std::copy_n(from, n, to); },
                               [](float* to, const uint16_t* from, size_t n) { std::copy_n(from, n, to); }};
  MPI_Comm comm;
  MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &comm));
  const int ranks = world_size();
  for (size_t n : {size_t{1}, size_t{100}, 2048 * size_t(ranks) + 1}) {
    std::vector<uint16_t> words(n + 3000, 7), expected = words;
    for (size_t i = 0; i < n; ++i) words[i] = uint16_t(i % 100 * size_t(1 + world_rank())), expected[i] = uint16_t(i % 100 * size_t(ranks * (ranks + 1) / 2));
    begin_rank_order(words.data(), n, 0, whole, comm)->wait();
    EXPECT_ON_ALL_RANKS(words == expected) << n;
  }
  MPI_CHECK(MPI_Comm_free(&comm));
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

// Rank 0 is done with what it can do of a piece when it begins the next one: messages of the two must not be taken for each other.
TEST(BackgroundAllreduce, APieceMayBeAheadOfTheNext) {
  MPI_Comm comm;
  MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &comm));
  const int ranks = world_size();
  const size_t n = 12 * size_t(ranks);
  std::vector<float> first(n, float(1 + world_rank())), second(n, float(100 * (1 + world_rank())));
  const auto one = begin_allreduce("rank-order", first.data(), n, 0, comm);
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  for (int look = 0; world_rank() == 0 && look < 100; ++look) one->progress();
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const auto two = begin_allreduce("rank-order", second.data(), n, 1, comm);
  for (BackgroundAllreduce* sum : {two.get(), one.get()}) sum->wait();
  const float of_ranks = float(ranks * (ranks + 1) / 2);
  EXPECT_ON_ALL_RANKS(first == std::vector<float>(n, of_ranks) && second == std::vector<float>(n, 100 * of_ranks)) << first[0] << ", " << second[0];
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

// --- The time of an exchange -----------------------------------------------------------------------------------------

// The report calls it "exchanging", not "waiting": it is all that happens between backward and the update, the additions of
// chapter 05's functions, too. By a clock that the test knows; a pair of its readings is one time.
TEST(ExchangeTime, IsAllTheTimeOfAnExchange) {
  const Dataset train = small_data(200);
  DataParallelOptions whole = small_run(world_size(), 130), pieces = whole, early = whole, reproducible = whole, chunks = whole;
  pieces.bucket_kib = early.bucket_kib = 1;
  early.overlap = true;
  reproducible.reproducible = true;
  reproducible.micro_batches = 3;
  chunks.bucket_kib = chunks.chunk_kib = 1;
  chunks.device = "late";
  for (DataParallelOptions o : {whole, pieces, early, reproducible, chunks}) {
    o.watch = 0;
    const auto device = test_device(o.device);
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
      if (o.device == "late") {  // all of it, and in it the messages of each chunk; then the loss
        double messages = 0;
        const double begin = clock.read();
        for (size_t chunk = 0; chunk < buckets.size(); ++chunk) messages += clock.section();
        copying += clock.read() - begin - messages, exchanging += messages, exchanging += clock.section();
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

// A block of the timeline for each layer, and what the Mlp calls behind the layer is outside of it. The last one ends with its layer, not
// with the next block.
TEST(TraceLayers, BlocksEndBehindTheirLayers) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const auto device = make_cpu_device();
  const Layout layout = make_layout({4, 3, 2});
  const Buffer parameters(*device, layout.count, Purpose::parameters), gradients(*device, layout.count, Purpose::gradients);
  device->fill(parameters, 0.0f, layout.count);
  Mlp mlp(*device, layout, parameters, gradients, {});
  mlp.hooks.after_backward = [](int layer, int) { const TraceRegion behind("behind", layer); };
  trace_layers(mlp);
  const auto blocks_of = [](auto work) {
    std::string told;
    for (const Recorded& block : record(work)) told += block.what + " " + std::to_string(block.number) + ";";
    return told;
  };
  EXPECT_EQ(blocks_of([&] { mlp.forward(1); }), "forward 0;forward 1;");
  EXPECT_EQ(blocks_of([&] { mlp.backward(Write::overwrite); }), "backward 1;behind 1;backward 0;behind 0;");
}

// What a benchmark calls the exchange alone sends what that of a step sends: reproducible sums travel along the ranks, too.
TEST(ExchangeTime, AloneIsOfTheMessagesOfAStep) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const Dataset train = small_data(130);
  DataParallelOptions whole = small_run(world_size(), 64), early = whole, ring = whole, reproducible = whole;
  early.overlap = true, early.bucket_kib = 1;
  ring.allreduce = "ring";
  reproducible.reproducible = true, reproducible.micro_batches = 2 * world_size();
  for (DataParallelOptions o : {whole, early, ring, reproducible}) {
    o.watch = 0;
    Trainer trainer(o, train);
    const auto messages_of = [](auto work) {
      std::vector<std::string> all;
      for (const Recorded& call : record(work))
        if (contains(call.what, "end") || contains(call.what, "educe")) all.push_back(call.what + " " + std::to_string(call.peer));
      std::sort(all.begin(), all.end());  // in the background the order is that of chance
      return all;
    };
    const std::vector<std::string> step = messages_of([&] { trainer.step(); }), alone = messages_of([&] { trainer.exchange_alone(); });
    EXPECT_ON_ALL_RANKS(!step.empty() && alone == step) << testing::PrintToString(alone) << ", not " << testing::PrintToString(step);
  }
}

}  // namespace
