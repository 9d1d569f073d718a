// Chapter 04: what its programs print, calculated a second time by a clock that the test knows; the comparison with the serial run;
// the parameter server's account; and other ranks that send what they should not.
// ranks: 1 2 3
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/03_fast_kernels/near_cores.h"
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
#include "tests/full_disk.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

// Some calls of the first three texts are noted, so that a test sees which there are, and in which order.
std::vector<std::string> noted;
size_t sends = 0;
void note(const std::string& what) { noted.push_back(what); }
void note_call(const char* what);  // and how much was computed so far

#define main main_of_program
#define MPI_Send(text, n, ...) (note(text + (", " + std::to_string(n))), MPI_Send(text, n, __VA_ARGS__))
namespace hello_program {
#include "chapters/04_point_to_point/hello.cpp"
}
#undef MPI_Send

#define MPI_Send(...) (++sends, MPI_Send(__VA_ARGS__))
#define MPI_Isend(buffer, n, ...) (note("send " + std::to_string(n)), MPI_Isend(buffer, n, __VA_ARGS__))
#define MPI_Wait(...) (note("wait"), MPI_Wait(__VA_ARGS__))
#define usleep(microseconds) note("sleep " + std::to_string(microseconds))
#define wait_asleep(...) (note("asleep"), wait_asleep(__VA_ARGS__))
namespace noted_cost {
#include "chapters/04_point_to_point/message_cost.cpp"
}
#undef wait_asleep
#undef usleep
#undef MPI_Wait
#undef MPI_Isend
#undef MPI_Send

#define MPI_Sendrecv_replace(...) (note_call("together"), MPI_Sendrecv_replace(__VA_ARGS__))
#define MPI_Irecv(...) (note_call("receive"), MPI_Irecv(__VA_ARGS__))
#define MPI_Isend(...) (note_call("send"), MPI_Isend(__VA_ARGS__))
#define MPI_Testall(...) (note_call("test"), MPI_Testall(__VA_ARGS__))
#define MPI_Waitall(...) (note_call("wait"), MPI_Waitall(__VA_ARGS__))
namespace overlap_program {
#include "chapters/04_point_to_point/overlap.cpp"
}
#undef MPI_Sendrecv_replace
#undef MPI_Irecv
#undef MPI_Isend
#undef MPI_Testall
#undef MPI_Waitall

// How many pieces of a thousand steps were computed so far: each step takes a millionth of what is missing to 1.
double pieces_computed() { return std::log1p(-overlap_program::computed) / std::log(0.999999) / 1000; }
void note_call(const char* what) { note(what + (" " + std::to_string(std::lround(pieces_computed())))); }

namespace ping_pong_program {
#include "chapters/04_point_to_point/ping_pong.cpp"
}
namespace probe_program {
#include "chapters/04_point_to_point/probe.cpp"
}
namespace ring_program {
#include "chapters/04_point_to_point/ring.cpp"
}
#undef main

namespace {

template <class... Values>
std::string format(const char* text, Values... values) {
  char line[500];
  std::snprintf(line, sizeof line, text, values...);
  return line;
}

// What the body of a program prints on this rank; its status must be 0, unless another one is expected.
std::string said(int (*body)(MpiSession&, int, char**), std::vector<std::string> options, int expected_status = 0) {
  Arguments arguments(std::move(options));
  int status = -1;
  const std::string text = printed_by([&] { status = body(*session_of_test, arguments.count(), arguments.values()); });
  EXPECT_EQ(status, expected_status) << text;
  return text;
}

double hand = 0, ticks = 0;  // clocks: one stands still until the test moves it, one shows a second more at each reading
double ticking() { return ticks++; }

// ---- hello ----

TEST(Hello, TellsTheCoresOfEachRank) {
  cpu_set_t before;
  sched_getaffinity(0, sizeof before, &before);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &before)) cores.push_back(core);
  // Some of the cores: a run of them is written as first-last.
  for (unsigned choice = 1; choice < 1u << std::min<size_t>(cores.size(), 5); ++choice) {
    cpu_set_t some;
    CPU_ZERO(&some);
    std::string expected;
    for (size_t i = 0; i < cores.size(); ++i) {
      const auto chosen = [&](size_t k) { return k < cores.size() && k < 5 && (choice >> k & 1) != 0; };
      if (!chosen(i)) continue;
      CPU_SET(cores[i], &some);
      const bool follows = i > 0 && chosen(i - 1) && cores[i] == cores[i - 1] + 1;
      const bool goes_on = chosen(i + 1) && cores[i + 1] == cores[i] + 1;
      if (!follows) expected += (expected.empty() ? "" : ",") + std::to_string(cores[i]);
      if (follows && !goes_on) expected += "-" + std::to_string(cores[i]);
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof some, &some), 0);
    EXPECT_EQ(list_of(allowed_cores()), expected);
  }
  sched_setaffinity(0, sizeof before, &before);
}

TEST(Hello, PrintsALineForEachRankInOrder) {
  noted.clear();
  const std::string text = said(hello_program::hello, {});
  EXPECT_EQ(noted, rank == 0 ? std::vector<std::string>() : std::vector{hello_program::describe(*session_of_test) + ", " +
                                                                       std::to_string(hello_program::describe(*session_of_test).size() + 1)})
      << "a line travels with the 0 at its end";
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  std::vector<int> pids(static_cast<size_t>(ranks));
  int mine = getpid();
  MPI_CHECK(MPI_Gather(&mine, 1, MPI_INT, pids.data(), 1, MPI_INT, 0, MPI_COMM_WORLD));
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  std::string expected = format("   rank      %-24s rank on node      pid  cores      GPU\n", "host");
  for (int r = 0; r < ranks; ++r)
    expected += format("%4d of %-4d %-24s %4d of %-4d %8d  %-10s ", r, ranks, host, r, ranks, pids[size_t(r)], list_of(allowed_cores()).c_str()) +
                (visible_gpus_by_address().empty() ? "none" : hello_program::gpu_of(r)) + "\n";
  const GpuSupport support = mpi_gpu_support();
  expected += std::string("pointers into a GPU's memory in MPI calls: ") + (support.direct ? "yes" : "no") + " (" + support.reason + ")\n";
  EXPECT_EQ(text, rank == 0 ? expected : "");
}

// ---- probe ----

// How long the list of a round is, and which number fills it.
size_t length_of(int of_rank, int round) { return random_words(1, RandomStream::test, uint32_t(of_rank), uint64_t(round))[0] % 1000; }

TEST(Probe, TakesEveryListWithItsLengthAndItsTime) {
  KnownClock clock(0);
  const ClockOfTest by_test{KnownClock(0)};
  const std::string text = said(probe_program::probe, {});
  if (rank != 0) {
    EXPECT_EQ(text, "");
    return;
  }
  const double begin = clock.read();
  std::vector<int> next(static_cast<size_t>(ranks));
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    int round = -1, source = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%*f ms: list %d of rank %d", &round, &source), 2) << line;
    ASSERT_TRUE(source > 0 && source < ranks) << line;
    EXPECT_EQ(round, next[size_t(source)]++);
    EXPECT_EQ(line, format("%6.1f ms: list %d of rank %d, %4zu numbers", 1000 * (clock.read() - begin), round, source, length_of(source, round)));
  }
  EXPECT_EQ(count, 3 * (ranks - 1));
  EXPECT_EQ(probe_program::find_something(7, 2), std::vector<int>(length_of(7, 2), 7002));
}

TEST(Probe, SaysThatAListIsWrong) {
  if (ranks != 2) GTEST_SKIP() << "skipped: for two ranks";
  const std::vector<int> list = {1, 2, 3};
  if (rank == 1) MPI_CHECK(MPI_Send(list.data(), 3, MPI_INT, 0, 1, MPI_COMM_WORLD));
  if (rank == 0) {
    const std::string text = said(probe_program::probe, {}, 1);
    EXPECT_TRUE(contains(text, "list 0 of rank 1,    3 numbers  <- WRONG\n"));
  }
}

// ---- ring ----

TEST(RingProgram, TellsTheTimeOfAShift) {
  for (const char* way : {"ordered", "sendrecv", "nonblocking"})
    for (int laps : {1, 3}) {
      KnownClock clock(0, 0x1p-20);
      const ClockOfTest by_test{KnownClock(0, 0x1p-20)};
      const std::string text = said(ring_program::ring, {"--way", way, "--bytes", "14", "--laps", std::to_string(laps)});
      const int shifts = ranks == 1 ? 1 : ranks - 1;
      EXPECT_EQ(text, rank > 0 ? ""
                               : format("%d ranks, 12 bytes a message, %s ...\n... every element is %d, as it should be; %.1f us a shift\n", ranks,
                                        way, ranks * (ranks - 1) / 2, 1e6 * clock.section() / laps / shifts));
    }
}

TEST(RingProgram, RefusesAWrongSum) {
  if (ranks != 2) GTEST_SKIP() << "skipped: for two ranks";
  const float wrong[2] = {1, 4};
  float received[2];
  if (rank == 1)
    MPI_CHECK(MPI_Sendrecv(wrong, 2, MPI_FLOAT, 0, 1, received, 2, MPI_FLOAT, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
  else
    EXPECT_EQ(error_of([] { said(ring_program::ring, {"--way", "sendrecv", "--bytes", "8"}); }), "the sum is 4.000000, not 1.000000");
}

// ---- messages: what they cost ----

TEST(FitLine, SaysWhatIsWrong) {
  const std::vector<MessageTime> zero = {{8, 1e-6}, {16, 0}}, same = {{8, 1e-6}, {8, 2e-6}};
  EXPECT_EQ(error_of([&] { fit_line(zero); }), "fit_line: a message of 16 bytes took 0.000000 s");
  EXPECT_EQ(error_of([&] { fit_line(same); }), "fit_line: needs messages of two sizes, got 2 times");
  EXPECT_EQ(Line().seconds(5), 0);
}

// Half a round trip of the fastest round; a round has as many trips as fit into half a millisecond, one at least and a thousand at most.
TEST(MessageTimes, AreHalvesOfRoundTripsByTheClock) {
  if (ranks < 2) GTEST_SKIP() << "skipped: for two ranks or more";
  for (double unit : {0x1p-26, 0x1p-22, 0x1p-16, 0x1p-34}) {
    KnownClock clock(0, unit);
    const ClockOfTest by_test{KnownClock(rank, unit)};
    sends = 0;
    const double seconds = noted_cost::time_ping_pong(8, 3, MPI_COMM_WORLD);
    clock.section();  // two trips to warm up
    const double trip = clock.section() / 5;
    const double trips = std::max(1.0, std::min(1000.0, std::floor(0.0005 / trip)));
    double least = INFINITY;
    for (int round = 0; round < 3; ++round) least = std::min(least, clock.section() / trips / 2);
    EXPECT_ON_ALL_RANKS(seconds == least) << seconds << " " << least;
    // As many trips are made as are counted; rank 0 tells the others two numbers.
    const size_t of_trips = 2 + 5 + 3 * size_t(trips);
    EXPECT_ON_ALL_RANKS(sends == (rank == 0 ? of_trips + 2 * size_t(ranks - 1) : rank == 1 ? of_trips : 0)) << sends;
  }
}

// By a clock that stands still every message ends in time, by one that runs away none does.
TEST(EagerLimit, IsFoundAtBothEnds) {
  if (ranks < 2) GTEST_SKIP() << "skipped: for two ranks or more";
  {
    const ClockOfTest by_hand([] { return hand; });
    EXPECT_ON_ALL_RANKS(noted_cost::eager_limit(3, MPI_COMM_WORLD) == 3);
  }
  const ClockOfTest fast(ticking);
  noted.clear();
  EXPECT_ON_ALL_RANKS(noted_cost::eager_limit(3, MPI_COMM_WORLD) == 0);
  // The receiver comes twice as late as the sender is patient: 2 x 20 ms.
  const std::vector<std::string> sender = {"send 2", "wait", "send 1", "wait"}, receiver = {"sleep 40000", "sleep 40000"};
  // The others leave the cores to the two, once for each message.
  const std::vector<std::string> others(2, "asleep");
  EXPECT_ON_ALL_RANKS(noted == (rank == 0 ? sender : rank == 1 ? receiver : others));
}

// 1 us and 1 GB/s up to 4 bytes; 5 us and 2 GB/s above.
std::vector<MessageTime> two_lines() {
  return {{1, 1.001e-6}, {2, 1.002e-6}, {4, 1.004e-6}, {8, 5.004e-6}, {16, 5.008e-6}};
}

TEST(PingPong, PrintsTimesAndLines) {
  const auto fits = ping_pong_program::fit_both(two_lines(), 4);
  EXPECT_EQ(printed_by([&] { ping_pong_program::print(two_lines(), fits, 4); }),
            "       bytes    one way, us         MB/s   the fit says\n"
            "           1           1.00          1.0           1.00\n"
            "           2           1.00          2.0           1.00\n"
            "           4           1.00          4.0           1.00\n"
            "           8           5.00          1.6           5.00\n"
            "          16           5.01          3.2           5.01\n"
            "\nA message of up to 4 bytes leaves before its receiver asks for it (eager).\n"
            "eager      alpha =     1.00 us   1/beta =   1000.0 MB/s, half of it at alpha/beta = 1000 bytes (3 sizes)\n"
            "rendezvous alpha =     5.00 us   1/beta =   2000.0 MB/s, half of it at alpha/beta = 10000 bytes (2 sizes)\n"
            "The longest message moved at 0.026 Gbit/s.\n");
}

// One size makes no line, and of one size alone nothing is said of the longest.
TEST(PingPong, LeavesOutAWayWithOneSize) {
  const auto fits = ping_pong_program::fit_both(two_lines(), 8);
  ASSERT_EQ(fits.size(), 1u);
  EXPECT_STREQ(fits[0].name, "eager");
  EXPECT_EQ(fits[0].times.size(), 4u);
  const std::vector<MessageTime> one = {{1, 1e-6}};
  const std::string text = printed_by([&] { ping_pong_program::print(one, ping_pong_program::fit_both(one, 8), 8); });
  EXPECT_EQ(text, "       bytes    one way, us         MB/s   the fit says\n"
                  "\nA message of up to 8 bytes leaves before its receiver asks for it (eager).\n");
}

TEST(PingPong, WritesThemToAFile) {
  const std::string file = scratch_file("ping_pong.csv");
  auto fits = ping_pong_program::fit_both(two_lines(), 4);
  fits[0].line = {2e-6, 3e-9};
  fits[1].line = {5e-6, 4e-9};
  ping_pong_program::write("", fits);
  ping_pong_program::write(file, fits);
  EXPECT_EQ(text_of_file(file), "bytes,seconds,way,alpha,beta\n1,1.001e-06,eager,2e-06,3e-09\n2,1.002e-06,eager,2e-06,3e-09\n"
                                "4,1.004e-06,eager,2e-06,3e-09\n8,5.004e-06,rendezvous,5e-06,4e-09\n16,5.008e-06,rendezvous,5e-06,4e-09\n");
  std::remove(file.c_str());
  const FullDisk full;
  EXPECT_EQ(error_of([&] { ping_pong_program::write(full.file(), fits); }), full.file() + ": cannot be written");
}

// ---- overlap ----

TEST(Overlap, MeasuresTheSlowerRankOfTheFastestRound) {
  if (ranks < 2) GTEST_SKIP() << "skipped: for two ranks or more";
  if (rank > 1) return;
  const int rounds = 3, tests = 7;
  std::vector<KnownClock> clocks = {KnownClock(0), KnownClock(1)};
  const auto fastest = [&] {
    double least = INFINITY;
    for (int round = 0; round < rounds; ++round) {
      const double first = clocks[0].section(), second = clocks[1].section();  // both clocks go on
      least = std::min(least, std::max(first, second));
    }
    return least;
  };
  overlap_program::Exchange exchange{std::vector<char>(1000, 'x'), std::vector<char>(1000), 1 - rank};
  overlap_program::computed = 0;
  const ClockOfTest by_test{KnownClock(rank)};
  const overlap_program::Times t = overlap_program::measure(exchange, tests, rounds);
  const double messages = fastest(), piece = fastest() / 1000;
  const long pieces = std::max(long(messages / piece) / tests * tests, long(tests));
  EXPECT_EQ(t.messages, messages);
  EXPECT_EQ(t.computing, fastest());
  EXPECT_EQ(t.in_turn, fastest());
  EXPECT_EQ(t.wait_at_end, fastest());
  EXPECT_EQ(t.with_tests, fastest());
  EXPECT_EQ(exchange.in, std::vector<char>(1000, 'x'));
  EXPECT_NEAR(pieces_computed(), rounds * (1000 + 4 * double(pieces)), 0.01) << pieces;
}

// A clock that says a second more at each reading: the messages take a second, and so do 1000 pieces.
TEST(Overlap, DoesTheFourInTheirOrder) {
  if (ranks < 2) GTEST_SKIP() << "skipped: for two ranks or more";
  if (rank > 1) return;
  overlap_program::Exchange exchange{std::vector<char>(1), std::vector<char>(1), 1 - rank};
  overlap_program::computed = 0;
  noted.clear();
  const ClockOfTest seconds([] {
    note_call("clock");
    return ticking();
  });
  overlap_program::measure(exchange, 4, 1);
  const std::vector<std::string> expected = {
      "together 0", "clock 0", "receive 0", "send 0", "wait 0", "clock 0",                       // the messages alone
      "together 0", "clock 0", "clock 1000",                                                     // how long a piece takes
      "together 1000", "clock 1000", "clock 2000",                                               // the computation alone
      "together 2000", "clock 2000", "receive 2000", "send 2000", "wait 2000", "clock 3000",     // one after the other
      "together 3000", "clock 3000", "receive 3000", "send 3000", "wait 4000", "clock 4000",     // wait at the end
      "together 4000", "clock 4000", "receive 4000", "send 4000", "test 4250", "test 4500", "test 4750", "test 5000", "wait 5000", "clock 5000"};
  EXPECT_EQ(noted, expected);
}

// As many pieces as fit into a time, in equal parts, each of one piece at least.
TEST(Overlap, ComputesInEqualParts) {
  if (ranks < 2) GTEST_SKIP() << "skipped: for two ranks or more";
  if (rank > 1) return;
  overlap_program::Exchange exchange{std::vector<char>(1), std::vector<char>(1), 1 - rank};
  const ClockOfTest seconds(ticking);  // a thousand pieces take a second
  EXPECT_EQ(overlap_program::pieces_for(2.4565, exchange, 10, 1), 2450);
  EXPECT_EQ(overlap_program::pieces_for(0.0047, exchange, 10, 1), 10);
  EXPECT_EQ(overlap_program::pieces_for(1, exchange, 1, 1), 1000);
}

TEST(Overlap, PrintsWhatWasHidden) {
  // 50 and 40 ms: one after the other they take 90. Of the shorter one 10 and 30 ms are hidden in 80 and 60 ms.
  EXPECT_EQ(printed_by([] { overlap_program::print({0.05, 0.04, 0.09, 0.08, 0.06}, 1234, 56); }),
            "1234 bytes each way\n"
            "  the messages alone                           50.00 ms\n"
            "  the computation alone                        40.00 ms\n"
            "  one after the other                          90.00 ms\n"
            "  start, compute, wait                         80.00 ms     25 % hidden\n"
            "  start, compute with    56 MPI_Test, wait     60.00 ms     75 % hidden\n");
  EXPECT_NEAR(overlap_program::hidden({0.04, 0.05, 0, 0, 0}, 0.07), 0.5, 1e-12);
}

TEST(Overlap, OnlyRank0Speaks) {
  if (ranks < 2) GTEST_SKIP() << "skipped: for two ranks or more";
  const ClockOfTest by_test{KnownClock(rank)};
  noted.clear();
  const std::string text = said(overlap_program::overlap, {"--bytes", "77", "--rounds", "2", "--tests", "3"});
  EXPECT_EQ(text.substr(0, 18), rank == 0 ? "77 bytes each way\n" : "");
  const auto together = std::count_if(noted.begin(), noted.end(), [](const std::string& call) { return call.starts_with("together"); });
  EXPECT_EQ(together, rank > 1 ? 0 : 2 * 6) << "two rounds of each of six";
}

// ---- the comparison with the serial run ----

Dataset tiny_data() {
  Dataset data{20, 2, 3, std::vector<uint8_t>(120), std::vector<uint8_t>(20)};
  for (size_t i = 0; i < 120; ++i) data.pixels[i] = uint8_t(i * i * 37 % 256);
  for (size_t i = 0; i < 20; ++i) data.labels[i] = uint8_t(i % 10);
  return data;
}
TrainOptions tiny_run() {
  TrainOptions o;
  o.hidden = {7};
  o.batch = 6;
  o.epochs = 2;
  return o;
}

struct Compared {
  int status = -1;
  std::string text;
};
Compared compared(const TrainOptions& o, std::span<const float> weights, double seconds, Agreement agreement, double bound) {
  const ClockOfTest seconds_of_one_reading(ticking);  // the serial run takes a second
  Compared c;
  c.text = printed_by([&] { c.status = compare_with_serial_run(o, tiny_data(), weights, seconds, agreement, bound, MPI_COMM_WORLD); });
  return c;
}

TEST(CompareWithSerialRun, TellsTheDistanceTheSpeedupAndTheStatus) {
  TrainOptions o = tiny_run();
  const SerialRun serial = run_serially(o, tiny_data());
  const auto expect = [&](const std::vector<float>& weights, double seconds, Agreement agreement, double bound, int status, const std::string& text) {
    const Compared c = compared(o, weights, seconds, agreement, bound);
    EXPECT_ON_ALL_RANKS(c.status == status) << c.status;
    EXPECT_EQ(c.text, rank == 0 ? text : "");
  };
  const std::string size = std::to_string(serial.weights.size());
  const std::string same = "serial run: agrees, all " + size + " weights have the same bits\n";
  const auto times = [](double parallel) {
    return format("serial run: 1.00 s; %d ranks: %.2f s; speedup %.2f, efficiency %.0f %%\n", ranks, parallel, 1 / parallel, 100 / parallel / ranks);
  };
  expect(serial.weights, 0, Agreement::same_bits, 0, 0, same);
  expect(serial.weights, 0.8, Agreement::bounded, 0, 0, same + times(0.8));
  std::vector<float> other = serial.weights;
  other[11] += 0.25f;
  const std::string far = [&] {
    std::ostringstream text;
    text << compare(other, serial.weights, serial.initial) << "\n";
    return text.str();
  }();
  EXPECT_TRUE(contains(far, "1 of " + size + " differ in bits, the first at 11"));
  expect(other, 4, Agreement::same_bits, 1, 1, "serial run: DISAGREES, " + far + times(4));
  expect(other, 0, Agreement::bounded, 0.3, 0, "serial run: agrees, " + far);
  expect(other, 0, Agreement::bounded, 0.2, 1, "serial run: DISAGREES, " + far);
  o.optimizer.learning_rate = 0;
  expect(serial.initial, 0, Agreement::same_bits, 0, 1, "serial run: training did not move the weights, so there is nothing to compare\n");
  o.epochs = 0;
  expect(serial.initial, 1, Agreement::same_bits, 0, 0, "");
}

TEST(RunSerially, CountsStepsOverAllEpochsAndWaitsForTheDevice) {
  struct Waiting : CpuDevice {
    void synchronize() override { ++waited; }
    int waited = 0;
  } device;
  const TrainOptions o = tiny_run();  // 4 steps an epoch
  std::vector<std::array<size_t, 2>> steps;
  ticks = 0;
  const ClockOfTest by_readings(ticking);
  const SerialRun run = run_serially(o, tiny_data(), device, [&](size_t step, size_t of_epoch) {
    steps.push_back({step, of_epoch});
    return 1.0;
  });
  std::vector<std::array<size_t, 2>> expected;
  for (size_t step = 0; step < 8; ++step) expected.push_back({step, 4});
  EXPECT_EQ(steps, expected);
  EXPECT_EQ(device.waited, 1);
  EXPECT_EQ(run.seconds, 1);
  EXPECT_EQ(SerialRun().seconds, 0);
  EXPECT_EQ(SerialRun().loss, 0);
  EXPECT_TRUE(compare(run.weights, run_serially(o, tiny_data()).weights).same_bits());
  EXPECT_FALSE(compare(run.weights, run_serially(o, tiny_data(), [](size_t, size_t) { return 2.0; }).weights).same_bits());
}

Compared told(const TrainOptions& o, bool same_order, std::span<const float> weights, double seconds, int of_ranks) {
  const ClockOfTest seconds_of_one_reading(ticking);
  Compared c;
  c.text = printed_by([&] { c.status = tell_distance_to_serial(o, same_order, of_ranks, tiny_data(), weights, seconds); });
  return c;
}

std::string line_with(const std::string& text, const std::string& begin) {
  const size_t at = text.find(begin);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) + 1 - at);
}

// No bit, or ten times what another order of the sums does to the serial run: three micro-batches, where there was one, or one.
TEST(TellDistanceToSerial, AllowsWhatTheOrderOfSumsExplains) {
  if (rank > 0) return;
  for (int micro_batches : {1, 2}) {
    TrainOptions o = tiny_run(), other = o;
    o.micro_batches = micro_batches;
    other.micro_batches = micro_batches == 1 ? 3 : 1;
    const SerialRun serial = run_serially(o, tiny_data()), reordered = run_serially(other, tiny_data());
    const auto times_as_far = [&](double factor) {
      std::vector<float> weights;
      for (size_t i = 0; i < serial.weights.size(); ++i)
        weights.push_back(float(serial.weights[i] + factor * (double(reordered.weights[i]) - double(serial.weights[i]))));
      return weights;
    };
    for (double factor : {0.0, 1.0, 9.5, 10.5, 100.0}) {
      const std::vector<float> weights = times_as_far(factor);
      const Compared c = told(o, false, weights, 0, 2);
      EXPECT_EQ(c.status, factor > 10) << factor << c.text;
      std::ostringstream text;
      text << "distance to the serial run:       " << compare(weights, serial.weights, serial.initial)
           << "\nof serial to serial, reordered:   " << compare(reordered.weights, serial.weights, serial.initial) << "\n"
           << (factor > 10 ? "WRONG: more than" : "within") << " ten times what another order of sums does\n";
      EXPECT_EQ(c.text, text.str());
      const Compared in_order = told(o, true, weights, 0, 2);
      EXPECT_EQ(in_order.status, factor > 0);
      EXPECT_TRUE(contains(in_order.text, factor > 0 ? "\nWRONG: the bits must be the same\n" : "\nthe same bits\n"));
    }
  }
  // Batches of one row have one order: then both distances are 0, which is no contradiction.
  TrainOptions o = tiny_run();
  o.batch = 1;
  EXPECT_EQ(told(o, false, run_serially(o, tiny_data()).weights, 0, 2).status, 0);
}

TEST(TellDistanceToSerial, TellsTheSpeedup) {
  if (rank > 0) return;
  const TrainOptions o = tiny_run();
  const std::vector<float> weights = run_serially(o, tiny_data()).weights;
  const auto line = [&](double seconds, int of_ranks) { return line_with(told(o, true, weights, seconds, of_ranks).text, "serial run on rank 0"); };
  EXPECT_EQ(line(0, 2), "");
  EXPECT_EQ(line(0.4, 5), "serial run on rank 0: 1.00 s; speedup 2.50 on 5 ranks, efficiency 50 %\n");
  EXPECT_EQ(line(4, 1), "serial run on rank 0: 1.00 s; speedup 0.25 on 1 rank, efficiency 25 %\n");
}

// The others hear the status, and need no core meanwhile.
TEST(OnRank0, TheOthersSleep) {
  timespec before, after;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  const int status = on_rank_0(MPI_COMM_WORLD, [] {
    usleep(300000);
    return 7;
  });
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  const double used = double(after.tv_sec - before.tv_sec) + 1e-9 * double(after.tv_nsec - before.tv_nsec);
  EXPECT_ON_ALL_RANKS(status == 7);
  EXPECT_ON_ALL_RANKS(used < 0.15) << used << " s of a core while nothing was to be done for 0.3 s";
}

// ---- the parameter server's account ----

TEST(ParameterServer, AccountsForRank0sTime) {
  const size_t n = 1000;
  CpuDevice device;
  std::vector<float> parameters(n, 1.0f), gradients(n, 1.0f);
  ParameterServer server(device, parameters.data(), gradients.data(), n, MPI_COMM_WORLD);
  EXPECT_EQ(device.memory(Purpose::exchange).live, rank == 0 && ranks > 1 ? 4 * n : 0);
  KnownClock clock(rank);
  const ClockOfTest by_test{KnownClock(rank)};
  const std::string before = printed_by([&] { server.print_account(1); });
  EXPECT_EQ(before, "") << "nothing to tell";
  double until_ready = 0, moving = 0, adding = 0;
  for (int step = 0; step < 4; ++step) {
    double loss = 0;
    Write write = Write::overwrite;
    for (int m = 0; m < 2 * ranks; ++m) {
      if (server.computes(m)) {
        loss += m + 1;
        write = server.deliver(&loss);
        EXPECT_TRUE(rank == 0 || loss == 0);
      } else {
        write = server.receive(m, write, &loss);
        if (rank == 0) until_ready += clock.section(), moving += clock.section(), adding += clock.section();
      }
    }
    server.publish(&loss);
    for (int other = 1; rank == 0 && other < ranks; ++other) moving += clock.section();
    EXPECT_ON_ALL_RANKS(loss == ranks * (2 * ranks + 1)) << loss;
  }
  const auto& account = server.account();
  EXPECT_EQ(account.steps, 4u);
  EXPECT_EQ(account.until_ready, until_ready);
  EXPECT_EQ(account.moving, moving);
  EXPECT_EQ(account.adding, adding);
  EXPECT_EQ(account.vectors, rank == 0 ? 4u * 3 * unsigned(ranks - 1) : 0u);
  EXPECT_EQ(printed_by([&] { server.print_account(3); }),
            rank > 0 ? "" : format("rank 0, per step of 750.00 ms: %.2f ms until gradients are ready, %.2f ms in calls that receive or send "
                                   "%d.0 vectors of 0.00 MB, %.2f ms adding\n",
                                   250 * until_ready, 250 * moving, 3 * (ranks - 1), 250 * adding));
}

}  // namespace
