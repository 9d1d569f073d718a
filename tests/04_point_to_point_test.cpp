// Chapter 04: message times and their fit, the ring, transfers of device memory, the parameter server against the serial run, as the
// program asks for it, waiting asleep. Programs as a user meets them are in 04_programs_test.cpp.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include <gtest/gtest.h>
#include <mpi.h>
#include <unistd.h>

#include <climits>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <tuple>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/04_point_to_point/device_transfer.h"
#include "chapters/04_point_to_point/gpu_of_rank.h"
#include "chapters/04_point_to_point/message_cost.h"
#include "chapters/04_point_to_point/parameter_server.h"
#include "chapters/04_point_to_point/patience.h"
#include "chapters/04_point_to_point/ring_shift.h"
#include "chapters/04_point_to_point/serial_run.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/philox.h"
#include "common/writable.h"
#include "tests/backwards.h"
#include "tests/data_sets.h"
#include "tests/known_clock.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"

// What the program asks of the comparison with the serial run, and how long wait_asleep sleeps each time.
std::tuple<Agreement, double, MPI_Comm> comparison_asked;
int noted_comparison(const TrainOptions&, const Dataset&, std::span<const float>, double, Agreement agreement, double bound, MPI_Comm comm) {
  comparison_asked = {agreement, bound, comm};
  return 7;
}
std::function<void(unsigned)> instead_of_sleep;
// Which messages ping_pong times, in how many rounds.
std::vector<std::pair<size_t, int>> timed;
double noted_time(size_t bytes, int rounds, MPI_Comm) { return timed.emplace_back(bytes, rounds), 1e-6 * double(1 + bytes); }
size_t noted_limit(size_t most, MPI_Comm) { return most / 2; }

#define main main_of_program
#define compare_with_serial_run noted_comparison
namespace train_program {
#include "chapters/04_point_to_point/train.cpp"
}
#undef compare_with_serial_run
#define time_ping_pong noted_time
#define eager_limit noted_limit
namespace ping_pong_program {
#include "chapters/04_point_to_point/ping_pong.cpp"
}
#undef time_ping_pong
#undef eager_limit
#undef main
#define usleep(microseconds) instead_of_sleep(microseconds)
namespace noted_patience {
#include "chapters/04_point_to_point/patience.cpp"
}
#undef usleep

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

int world_rank() { return rank_of(MPI_COMM_WORLD); }
int world_size() { return ranks_of(MPI_COMM_WORLD); }

// Images of 6 x 6 pixels whose label is where most of the ink is: something that can be learned.
Dataset synthetic(size_t count) {
  Dataset data;
  data.count = count;
  data.height = data.width = 6;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t label = uint8_t(random_words(5, RandomStream::test, 0, i)[0] % data.classes);
    data.labels.push_back(label);
    for (size_t p = 0; p < data.features(); ++p) {
      const uint32_t noise = random_words(5, RandomStream::test, 1, i * data.features() + p)[0] % 128;
      data.pixels.push_back(uint8_t(noise + (p % data.classes == label ? 127 : 0)));
    }
  }
  return data;
}

// --- Which GPU --------------------------------------------------------------------------------------------------------

TEST(GpuOfRank, RanksOfANodeTakeItsGpusInTurn) {
  const int expected[] = {0, 1, 2, 0, 1};
  for (int node_rank = 0; node_rank < 5; ++node_rank)
    EXPECT_EQ(gpu_of_rank(node_rank, 3), expected[node_rank]);
  EXPECT_EQ(gpu_of_rank(2, 0), -1);
  EXPECT_EQ(gpu_of_rank(7, 1), 0);
}

// --- What a message costs --------------------------------------------------------------------------------------------

TEST(FitLine, FindsTheLineThatTimesLieOn) {
  std::vector<MessageTime> times;
  for (size_t bytes = 1; bytes <= 1 << 20; bytes *= 4) times.push_back({bytes, 2e-6 + 3e-10 * double(bytes)});
  const Line line = fit_line(times);
  // The fit of exact data loses some bits of the normal equations, whose condition is about (10^6)² here.
  EXPECT_NEAR(line.alpha, 2e-6, 2e-12);
  EXPECT_NEAR(line.beta, 3e-10, 3e-16);
}

// Of seconds, too, of which no sum is so large that a number more or less would be lost in it.
TEST(FitLine, FindsALineOfSeconds) {
  const MessageTime times[] = {{1, 3}, {2, 5}, {4, 9}, {8, 17}};
  EXPECT_NEAR(fit_line(times).alpha, 1, 1e-12);
  EXPECT_NEAR(fit_line(times).beta, 2, 1e-12);
}

// A long message that is 10 us late must not move the latency of short ones by 10 us.
TEST(FitLine, CountsRelativeErrors) {
  std::vector<MessageTime> times;
  for (size_t bytes = 1; bytes <= 1 << 24; bytes *= 2) times.push_back({bytes, 1e-6 + 1e-10 * double(bytes)});
  times.back().seconds *= 1.05;  // by 84 us, 5 %
  EXPECT_NEAR(fit_line(times).alpha, 1e-6, 0.05e-6);
  EXPECT_NEAR(fit_line(times).beta, 1e-10, 0.05e-10);
}

TEST(FitLine, RefusesWhatIsNoLine) {
  const MessageTime one[] = {{8, 1e-6}}, same[] = {{8, 1e-6}, {8, 2e-6}}, zero[] = {{8, 0}, {16, 1e-6}};
  const MessageTime nan[] = {{8, nan_value}, {16, 1e-6}};
  const auto refusal = [](std::span<const MessageTime> times) { return error_of([&] { fit_line(times); }); };
  EXPECT_EQ(refusal({}), "fit_line: needs messages of two sizes, got 0 times");
  EXPECT_EQ(refusal(one), "fit_line: needs messages of two sizes, got 1 times");
  EXPECT_EQ(refusal(same), "fit_line: needs messages of two sizes, got 2 times");
  EXPECT_EQ(refusal(zero), "fit_line: a message of 8 bytes took 0.000000 s");
  EXPECT_EQ(refusal(nan), "fit_line: a message of 8 bytes took nan s");
}

TEST(MessageTimes, ArePositiveAndKnownToAll) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  const Backwards all;
  const double small = time_ping_pong(8, 3, all.comm), large = time_ping_pong(1 << 20, 3, all.comm);
  double of_rank_0[] = {small, large};
  MPI_CHECK(MPI_Bcast(of_rank_0, 2, MPI_DOUBLE, 0, MPI_COMM_WORLD));
  EXPECT_ON_ALL_RANKS(of_rank_0[0] == small && of_rank_0[1] == large);
  // More is not certain where ranks share cores. No memory moves a MiB in 5 us.
  EXPECT_ON_ALL_RANKS(small > 0 && large > 5e-6) << small << " and " << large;
}

TEST(PingPong, TimesPowersOfTwoInAsManyRoundsAsAskedFor) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  timed.clear();
  Arguments arguments({"--most", "11", "--rounds", "7"});
  const std::string text = printed_by([&] { ping_pong_program::ping_pong(*session_of_test, arguments.count(), arguments.values()); });
  EXPECT_ON_ALL_RANKS((timed == std::vector<std::pair<size_t, int>>{{1, 7}, {2, 7}, {4, 7}, {8, 7}}));
  EXPECT_EQ(text.find("\nA message of up to 5 bytes leaves before") != std::string::npos, world_rank() == 0) << text;
}

// Before a message is timed.
TEST(PingPong, AFileThatCannotBeWrittenIsToldFirst) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  if (world_rank() > 0) return;
  timed.clear();
  Arguments arguments({"--log", "/no/such/folder/a"});
  EXPECT_EQ(error_of([&] { printed_by([&] { ping_pong_program::ping_pong(*session_of_test, arguments.count(), arguments.values()); }); }),
            "/no/such/folder/a: cannot be written");
  EXPECT_TRUE(timed.empty());
}

TEST(EagerLimit, LiesBetweenAnEmptyAndAHugeMessage) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  const Backwards all;
  const size_t most = 1 << 24, limit = eager_limit(most, all.comm);
  EXPECT_ON_ALL_RANKS(limit > 0 && limit < most) << limit;
}

// --- The ring --------------------------------------------------------------------------------------------------------

class Ring : public testing::TestWithParam<std::string> {};

TEST_P(Ring, HandsEachRankTheVectorOfItsLeftNeighbour) {
  const Backwards all;
  const int rank = rank_of(all.comm), size = world_size();
  // It may hang, which is its lesson; MPICH buffers a few bytes for others, but nothing for the rank itself.
  const bool may_hang = GetParam() == "blocking";
  if (may_hang && size == 1) GTEST_SKIP() << "skipped: one rank alone waits for itself";
  for (const int n : {0, 1, 1000, 100000}) {
    if (may_hang && n > 1) continue;
    std::vector<float> in(size_t(n), -1.0f), out(size_t(n), 1.0f * float(rank));
    ring_shift(in.data(), out.data(), n, ring_way(GetParam()), all.comm);
    const std::vector<float> expected(size_t(n), float((rank - 1 + size) % size));
    EXPECT_ON_ALL_RANKS(in == expected) << n << " floats";
    EXPECT_ON_ALL_RANKS(out == std::vector<float>(size_t(n), float(rank)));
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, Ring, testing::ValuesIn(ring_ways()),
                         [](const auto& way) { return way.param; });

TEST(RingWays, AnUnknownNameIsAnError) {
  EXPECT_EQ(error_of([] { ring_way("round"); }), "no way around the ring is called round");
}

// --- Device memory in messages ---------------------------------------------------------------------------------------

TEST(DeviceTransfer, GoesThroughTheViewOfADevice) {
  const Backwards all;
  const int rank = rank_of(all.comm), size = world_size(), n = 1000;
  LateDevice device;
  const Buffer<> p(device, n, Purpose::exchange), one(device, n, Purpose::exchange);
  device.fill(p, float(rank), n);
  device.fill(one, 1, n);
  // A chain: rank 0 begins, everybody adds 1 on the way.
  if (rank > 0) {
    receive_to_device(device, p, n, rank - 1, 1, all.comm);
    device.add(p, one, n);
  }
  if (rank + 1 < size) send_from_device(device, p, n, rank + 1, 1, all.comm);
  std::vector<float> end(n);
  device.copy_out(end.data(), p.data(), n);
  EXPECT_ON_ALL_RANKS(end == std::vector<float>(n, float(rank)));
}

// The second message comes before the first one was copied from where both arrive.
TEST(DeviceTransfer, ManyMessagesMayArriveInOnePlace) {
  const int rank = world_rank(), size = world_size(), n = 10;
  LateDevice device;
  const Buffer<> p(device, n, Purpose::exchange), sum(device, n, Purpose::exchange);
  device.fill(p, float(rank), n);
  device.fill(sum, 0, n);
  if (rank > 0) send_from_device(device, p, n, 0, 1, MPI_COMM_WORLD);
  for (int source = 1; rank == 0 && source < size; ++source) {
    receive_to_device(device, p, n, source, 1, MPI_COMM_WORLD);
    device.scale(sum, 10, n);
    device.add(sum, p, n);
  }
  std::vector<float> end(n);
  device.copy_out(end.data(), sum.data(), n);
  float expected = 0;
  for (int source = 1; rank == 0 && source < size; ++source) expected = 10 * expected + float(source);
  EXPECT_ON_ALL_RANKS(end == std::vector<float>(n, expected));
}

TEST(DeviceTransfer, RefusesMoreThanAnMpiCountHolds) {
  struct NoMemory : CpuDevice {  // 8 GiB that nobody has
    void begin_copy_out(float*, size_t) override {}
    void end_copy_out(float*, size_t) override {}
    float* host_view(float* p, size_t) override { return p; }
  } device;
  float one = 0;
  const std::string said = "a message of 2147483648 floats: MPI counts end at 2147483647";
  EXPECT_EQ(readable_by_mpi(device, &one, INT_MAX), &one);
  EXPECT_EQ(error_of([&] { send_from_device(device, &one, size_t{1} << 31, 0, 1, MPI_COMM_WORLD); }), said);
  EXPECT_EQ(error_of([&] { receive_to_device(device, &one, size_t{1} << 31, 0, 1, MPI_COMM_WORLD); }), said);
}

TEST(GpuSupportOfMpi, IsAnsweredWithAReason) { EXPECT_ON_ALL_RANKS(!mpi_gpu_support().reason.empty()); }

// Stand-ins for what an MPI offers. MPICH is asked for one kind of GPU; Open MPI has the older query only.
int asked_kind, mpich_says, open_mpi_says;
int by_kind(int kind, int* yes) { return asked_kind = kind, *yes = mpich_says, MPI_SUCCESS; }
int for_cuda() { return open_mpi_says; }
void* in_mpich(const char* name) {
  const std::string_view asked = name;
  if (asked == "MPIX_GPU_query_support") return reinterpret_cast<void*>(&by_kind);
  return asked == "MPIX_Query_cuda_support" ? reinterpret_cast<void*>(&for_cuda) : nullptr;
}
void* in_open_mpi(const char* name) { return std::string_view(name) == "MPIX_GPU_query_support" ? nullptr : in_mpich(name); }
void* in_neither(const char*) { return nullptr; }

TEST(GpuSupportOfMpi, IsWhatTheLibrarySays) {
  const auto expect = [](void* (*look_up)(const char*), bool direct, const std::string& reason) {
    const GpuSupport support = mpi_gpu_support(look_up);
    EXPECT_EQ(support.direct, direct) << reason;
    EXPECT_EQ(support.reason, reason);
  };
  for (const bool yes : {false, true}) {
    const std::string word = yes ? "yes" : "no";
    asked_kind = -1, mpich_says = yes, open_mpi_says = !yes;
    expect(in_mpich, yes, "MPIX_GPU_query_support says " + word);
    EXPECT_EQ(asked_kind, 0);  // CUDA
    open_mpi_says = yes;
    expect(in_open_mpi, yes, "MPIX_Query_cuda_support says " + word);
  }
  expect(in_neither, false, "this MPI library cannot be asked, which is taken for no");
}

// --- The parameter server --------------------------------------------------------------------------------------------

struct Case {
  int batch, micro_batches;
  const char* optimizer;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.batch << " rows, " << c.micro_batches << " micro-batches, " << c.optimizer;
}

class Parity : public testing::TestWithParam<Case> {};

TrainOptions options_of(const Case& c) {
  TrainOptions o;
  o.hidden = {17, 9};
  o.batch = c.batch;
  o.micro_batches = c.micro_batches;
  o.optimizer.name = c.optimizer;
  o.epochs = 2;
  return o;
}

// The loop of train.cpp; the losses of all steps, and this rank's weights at the end.
std::vector<float> train_by_messages(const TrainOptions& o, const Dataset& data, Device& device, MPI_Comm comm,
                                     std::vector<double>* losses) {
  const Layout layout = make_layout(o.sizes(data));
  const Buffer<> parameters(device, layout.count, Purpose::parameters),
      gradients(device, layout.count, Purpose::gradients);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, uint64_t(o.seed));
  device.copy_in(parameters.data(), weights.data(), layout.count);
  device.fill(gradients, std::nanf(""), layout.count);
  const Space space{.rows = o.largest_micro_batch()};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, o.optimizer, layout.count);
  ParameterServer server(device, parameters, gradients, layout.count, comm);
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), data.count);
    for (const Range batch : batches(data.count, size_t(o.batch))) {
      double loss = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = share(batch, size_t(o.micro_batches), size_t(m));
        if (rows.empty()) continue;
        if (!server.computes(m)) {
          write = server.receive(m, write, &loss);
          continue;
        }
        load_images(mlp, data, order, rows);
        head.load_labels(data, order, rows);
        mlp.forward(int(rows.size()));
        head.backward(mlp, batch.size());
        mlp.backward(write);
        loss += head.loss(mlp, batch.size());
        write = server.deliver(&loss);
      }
      if (server.is_here()) optimizer.step(parameters, gradients);
      server.publish(&loss);
      losses->push_back(loss);
    }
  }
  device.copy_out(weights.data(), parameters.data(), layout.count);
  return weights;
}

TEST_P(Parity, EveryRankEndsWithTheBitsOfTheSerialRun) {
  const TrainOptions o = options_of(GetParam());
  const Dataset data = synthetic(101);
  const SerialRun serial = run_serially(o, data);
  ASSERT_ON_ALL_RANKS(compare(serial.weights, serial.initial).max_abs > 1e-3)
      << "training must move the weights";
  const Backwards all;
  for (const char* name : {"cpu", "late"}) {
    const std::unique_ptr<Device> device = test_device(name);
    std::vector<double> losses;
    const std::vector<float> weights = train_by_messages(o, data, *device, all.comm, &losses);
    EXPECT_ON_ALL_RANKS(compare(weights, serial.weights).same_bits())
        << name << ": " << compare(weights, serial.weights, serial.initial);

    std::vector<double> of_rank_0 = losses;
    MPI_CHECK(MPI_Bcast(of_rank_0.data(), int(of_rank_0.size()), MPI_DOUBLE, 0, MPI_COMM_WORLD));
    EXPECT_ON_ALL_RANKS(of_rank_0 == losses) << "every rank hears the loss of the step";
    EXPECT_ON_ALL_RANKS(losses.front() > 1 && losses.front() < 4) << losses.front();  // about log 10
    EXPECT_ON_ALL_RANKS(losses.back() == serial.loss) << losses.back() << " " << serial.loss;
  }
}

// Two groups of ranks, one of which has other weights: each hears of its own rank 0 alone.
TEST(CompareWithSerialRun, IsThatOfOneGroupOfRanks) {
  const TrainOptions o = options_of({32, 1, "sgd"});
  const Dataset data = synthetic(64);
  const SerialRun serial = run_serially(o, data);
  MPI_Comm group;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, world_rank() % 2, -world_rank(), &group));
  const bool right = world_rank() % 2 == 0, first = rank_of(group) == 0;
  int status = -1;
  const std::string text = printed_by(
      [&] { status = compare_with_serial_run(o, data, right ? serial.weights : serial.initial, 1, Agreement::same_bits, 0, group); });
  EXPECT_ON_ALL_RANKS(status == (right ? 0 : 1)) << status;
  EXPECT_EQ(text.find("; " + std::to_string(ranks_of(group)) + " ranks: 1.00 s; ") != std::string::npos, first) << text;
  EXPECT_EQ(text.starts_with(right ? "serial run: agrees, all" : "serial run: DISAGREES"), first) << text;
  MPI_CHECK(MPI_Comm_free(&group));
}

// A million and a half floats are six megabytes.
TEST(ParameterServer, TellsMegabytes) {
  CpuDevice device;
  ParameterServer server(device, nullptr, nullptr, 1500000, MPI_COMM_SELF);
  double loss = 0;
  server.publish(&loss);
  const std::string text = printed_by([&] { server.print_account(0.002); });
  EXPECT_EQ(text, "rank 0, per step of 2.00 ms: 0.00 ms until gradients are ready, 0.00 ms in calls that receive or send 0.0 vectors of 6.00 MB, "
                  "0.00 ms adding\n");
}

// All ranks hear of it, no bit may differ, and what it says is the program's status.
TEST(TrainProgram, AsksForTheBitsOfTheSerialRun) {
  const data_sets::DataSet data({60, 2, 2, 3}, {10, 2, 2, 3});
  Arguments arguments({"--data", data.folder, "--hidden", "2", "--batch", "20", "--epochs", "1"});
  int status = -1;
  comparison_asked = {Agreement::bounded, -1, MPI_COMM_NULL};
  printed_by([&] { status = train_program::train_by_messages(*session_of_test, arguments.count(), arguments.values()); });
  EXPECT_ON_ALL_RANKS(status == 7);
  EXPECT_ON_ALL_RANKS((comparison_asked == std::tuple{Agreement::same_bits, 0.0, MPI_COMM_WORLD}));
}

TEST(ParameterServer, CopiesTheWeightsOnceForAllRanks) {
  const int size = world_size(), n = 100;
  LateDevice device;
  const Buffer<> parameters(device, n, Purpose::parameters), gradients(device, n, Purpose::gradients);
  device.fill(parameters, world_rank() == 0 ? 3.0f : 0.0f, n);
  ParameterServer server(device, parameters, gradients, n, MPI_COMM_WORLD);
  double loss = world_rank() == 0 ? 0.5 : 0;
  server.publish(&loss);
  EXPECT_ON_ALL_RANKS(device.copies_out == (server.is_here() && size > 1 ? 1 : 0)) << device.copies_out;
  std::vector<float> weights(n);
  device.copy_out(weights.data(), parameters.data(), n);
  EXPECT_ON_ALL_RANKS(weights == std::vector<float>(n, 3) && loss == 0.5);
}

// Batches that do not divide, fewer rows than micro-batches (some are empty, the first one, too), fewer micro-batches than
// ranks, and an optimizer with a state.
INSTANTIATE_TEST_SUITE_P(Cases, Parity,
                         testing::Values(Case{32, 1, "sgd"}, Case{32, 4, "sgd"}, Case{33, 7, "momentum"},
                                         Case{20, 16, "adam"}, Case{3, 8, "sgd"}));

// --- Waiting ---------------------------------------------------------------------------------------------------------

TEST(WaitAsleep, SaysWhoSentWhat) {
  if (world_size() < 2) GTEST_SKIP() << "skipped: a message needs two ranks";
  bool right = true;
  if (world_rank() == 0) {
    for (int message = 1; message < world_size(); ++message) {
      const MPI_Status status = wait_asleep(MPI_ANY_SOURCE, 7, MPI_COMM_WORLD);
      int number = -1;
      MPI_CHECK(MPI_Recv(&number, 1, MPI_INT, status.MPI_SOURCE, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
      right = right && number == status.MPI_SOURCE && status.MPI_TAG == 7;
    }
  } else {
    const int number = world_rank();
    MPI_CHECK(MPI_Send(&number, 1, MPI_INT, 0, 7, MPI_COMM_WORLD));
  }
  EXPECT_ON_ALL_RANKS(right);
}

// A thousand looks a second for what is not there, none more for what is.
TEST(WaitAsleep, SleepsAMillisecondBetweenTwoLooks) {
  std::vector<unsigned> slept;
  int number = 5, got = 0;
  MPI_Request request = MPI_REQUEST_NULL;
  instead_of_sleep = [&](unsigned microseconds) {
    slept.push_back(microseconds);
    if (slept.size() == 3) MPI_CHECK(MPI_Isend(&number, 1, MPI_INT, 0, 4, MPI_COMM_SELF, &request));
  };
  noted_patience::wait_asleep(0, 4, MPI_COMM_SELF);
  EXPECT_GE(slept.size(), 3u);
  EXPECT_EQ(slept, std::vector<unsigned>(slept.size(), 1000));
  MPI_CHECK(MPI_Recv(&got, 1, MPI_INT, 0, 4, MPI_COMM_SELF, MPI_STATUS_IGNORE));
  MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
}

// Two messages are there; the later one is asked for first, by its tag or by its sender.
TEST(WaitAsleep, SeesOnlyWhatItIsAskedFor) {
  int first = 1, second = 2, got = 0;
  MPI_Request requests[2];
  MPI_CHECK(MPI_Isend(&first, 1, MPI_INT, 0, 5, MPI_COMM_SELF, &requests[0]));
  MPI_CHECK(MPI_Isend(&second, 1, MPI_INT, 0, 6, MPI_COMM_SELF, &requests[1]));
  for (int tag : {6, 5}) {
    EXPECT_EQ(wait_asleep(0, tag, MPI_COMM_SELF).MPI_TAG, tag);
    MPI_CHECK(MPI_Recv(&got, 1, MPI_INT, 0, tag, MPI_COMM_SELF, MPI_STATUS_IGNORE));
  }
  MPI_CHECK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
  if (world_rank() != 0) MPI_CHECK(MPI_Send(&second, 1, MPI_INT, 0, 7, MPI_COMM_WORLD));
  for (int source = world_size() - 1; world_rank() == 0 && source > 0; --source) {
    EXPECT_EQ(wait_asleep(source, 7, MPI_COMM_WORLD).MPI_SOURCE, source);
    MPI_CHECK(MPI_Recv(&got, 1, MPI_INT, source, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
  }
}

}  // namespace
