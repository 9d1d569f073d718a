// Chapter 05's measuring programs by a clock that the test knows, and their tables from times that somebody made up: every
// number is calculated a second time here.
// ranks: 1 2 3
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/table.h"
#include "chapters/05_collectives/timing.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/writable.h"
#include "tests/full_disk.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

#define main main_of_program
namespace bench_program {
#include "chapters/05_collectives/bench.cpp"
}
namespace curves_program {
#include "chapters/05_collectives/curves.cpp"
}
namespace steps_program {
#include "chapters/05_collectives/steps.cpp"
}
#undef main

namespace {


// What the body of a program prints on this rank, and its status.
struct Said {
  int status = -1;
  std::string text;
};
Said say(int (*body)(MpiSession&, int, char**), std::vector<std::string> options) {
  Arguments arguments(std::move(options));
  Said said;
  said.text = printed_by([&] { said.status = body(*session_of_test, arguments.count(), arguments.values()); });
  return said;
}

// By hand: so many calls of work on n floats make one time. All of them together are near 50,000 floats, 500 counting as the costs of a call.
int calls(size_t n) { return n > 4096 ? 1 : int(std::max<size_t>(1, std::min<size_t>(60, 50000 / (n + 500)))); }

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

// ---- timing.h ----

double hand = 0;  // a clock that stands still until the test moves it

TEST(SecondsPerCall, AreTheMeanOfWhatIsCounted) {
  const ClockOfTest by_hand([] { return hand; });
  for (size_t n : {1u, 300u, 333u, 334u, 500u, 4095u, 4096u, 4097u, 60000u})
    for (bool warm : {false, true}) {
      std::vector<float> x(n, 3.0f);
      int called = 0;
      bool ready = true;
      const double seconds = seconds_per_call(MPI_COMM_WORLD, x.data(), n, warm, [&] {
        ++called;
        const bool timed = !warm || called > 1;
        if (timed) ready &= std::count(x.begin(), x.end(), n > 4096 ? 0.0f : 3.0f) == std::ptrdiff_t(n);
        hand += timed ? 0.25 : 1000;
      });
      EXPECT_EQ(seconds, 0.25) << n;
      EXPECT_EQ(called, calls(n) + warm) << n;
      EXPECT_TRUE(ready) << n << " floats: long vectors are written before, short ones are not";
    }
}

TEST(SecondsPerCall, BeginWhenAllRanksHaveCome) {
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts and share no memory";
  SharedWindow come(MPI_COMM_WORLD, 1);
  if (rank == ranks - 1) usleep(20000);
  std::atomic_ref<float>(*come.mine()) = 1.0f;
  bool all = true;
  float x = 0;
  seconds_per_call(MPI_COMM_WORLD, &x, 1, false, [&] {
    for (int other = 0; other < ranks; ++other) all &= std::atomic_ref<float>(*come.of(other)) == 1.0f;
  });
  EXPECT_ON_ALL_RANKS(all);
}

// What core_to_core must find on this rank: each attempt is a hundred turns.
double expected_core_to_core(KnownClock& clock) {
  double best = INFINITY;
  for (int attempt = 0; attempt < 5; ++attempt) best = std::min(best, 1e9 * clock.section() / 100);
  return best;
}

TEST(CoreToCore, IsTheBestOfFiveAttempts) {
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts and share no memory";
  if (ranks == 1) GTEST_SKIP() << "skipped: one rank has nobody to play with";  // a third one only looks on
  SharedWindow ball(MPI_COMM_WORLD, 1);
  KnownClock clock(rank);
  const ClockOfTest by_test(clock);
  EXPECT_ON_ALL_RANKS(core_to_core(ball, rank) == expected_core_to_core(clock));
  EXPECT_ON_ALL_RANKS(*ball.of(0) == 100 && (rank == 0 || *ball.mine() == 0)) << "a hundred turns, all in one place";
}

float* come = nullptr;  // where rank 1 says that it is there
bool looked = false, seen = false;

TEST(CoreToCore, BeginsWhenBothHaveCome) {
  if (ranks != 2 || !on_one_host()) GTEST_SKIP() << "for two ranks of one host";
  SharedWindow ball(MPI_COMM_WORLD, 1), flags(MPI_COMM_WORLD, 1);
  come = flags.of(0);
  if (rank == 1) {
    usleep(30000);
    std::atomic_ref<float>(*come).store(1.0f);
  }
  const ClockOfTest by_test([] {
    if (!std::exchange(looked, true)) seen = std::atomic_ref<float>(*come) == 1.0f;
    return hand;
  });
  core_to_core(ball, rank);
  EXPECT_ON_ALL_RANKS(seen) << "rank 0 read the clock before rank 1 was there";
}

// ---- calibrate.cpp ----

// Rounds of a calibration, replayed: [step][length][round], of the slowest rank.
struct Replayed {
  std::vector<KnownClock> clocks;
  std::vector<size_t> lengths;
  std::vector<std::vector<double>> times[3];
  explicit Replayed(size_t longest) {
    for (int r = 0; r < ranks; ++r) clocks.emplace_back(r);
    for (size_t n = 1; n <= longest; n += n) lengths.push_back(n);
    for (auto& of_step : times) of_step.resize(lengths.size());
  }
  double slowest(size_t n) {
    double longest = 0;
    for (KnownClock& clock : clocks) longest = std::max(longest, clock.section() / calls(n));
    return longest;
  }
  void round() {
    for (size_t l = 0; l < lengths.size(); ++l)
      for (auto& of_step : times) of_step[l].push_back(slowest(lengths[l]));
  }
  Curve curve(int step) const {
    std::vector<Sample> samples;
    for (size_t l = 0; l < lengths.size(); ++l) samples.push_back({4.0 * double(lengths[l]), middle(times[step][l])});
    return fit_curve(samples, 4);
  }
};

bool same(const Curve& a, const Curve& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Piece& x, const Piece& y) {
    return x.up_to_bytes == y.up_to_bytes && x.alpha == y.alpha && x.beta == y.beta;
  });
}
void expect_fit(const Machine& machine, const Replayed& replayed) {
  EXPECT_ON_ALL_RANKS(same(machine.exchanges, replayed.curve(0)));
  EXPECT_ON_ALL_RANKS(same(machine.reductions, replayed.curve(1)));
  EXPECT_ON_ALL_RANKS(same(machine.reductions_of_sent, replayed.curve(2)));
}

// Seven rounds, if nothing else is said. Each step is one message a call, and one that is not timed.
TEST(Calibrate, FitsTheMediansOfTheSlowestRank) {
  const size_t longest = ranks == 1 ? 16 : 2, rounds = ranks == 1 ? 7 : 1;  // where ranks share cores a message takes long
  Replayed replayed(longest);
  const ClockOfTest by_test{KnownClock(rank)};
  const Traffic before = traffic();
  const Machine machine = ranks == 1 ? calibrate(MPI_COMM_WORLD, longest) : calibrate(MPI_COMM_WORLD, longest, int(rounds));
  const Traffic after = traffic();
  size_t messages = 0;
  for (size_t n : replayed.lengths) messages += rounds * 3 * size_t(calls(n) + 1);
  for (size_t round = 0; round < rounds; ++round) replayed.round();
  expect_fit(machine, replayed);
  EXPECT_ON_ALL_RANKS(after.messages - before.messages == messages) << after.messages - before.messages << " " << messages;
}

// ---- bench.cpp ----

// So long as it lives, this process may be moved to another core.
struct KeepCores {
  KeepCores() { sched_getaffinity(0, sizeof set, &set); }
  ~KeepCores() { sched_setaffinity(0, sizeof set, &set); }
  cpu_set_t set;
};

TEST(Bench, KeepsARankOnACoreOfItsOwn) {
  const KeepCores before;
  const int cores = int(std::thread::hardware_concurrency());
  EXPECT_FALSE(bench_program::pin(0, cores + 1));
  cpu_set_t now;
  sched_getaffinity(0, sizeof now, &now);
  EXPECT_TRUE(CPU_EQUAL(&now, &before.set));
  EXPECT_EQ(bench_program::pin(cores - 1, cores), CPU_ISSET(cores - 1, &before.set));
  sched_getaffinity(0, sizeof now, &now);
  if (CPU_ISSET(cores - 1, &before.set)) {
    EXPECT_EQ(CPU_COUNT(&now), 1);
    EXPECT_TRUE(CPU_ISSET(cores - 1, &now));
  }
}

// 4 bytes to 6 MiB; 2,143,272 bytes are the gradient of 784-512-256-10.
const std::vector<size_t> all_lengths = {4,     24,    96,    384,    1536,   2048,   3072,    6144,    12288,
                                         24576, 49152, 98304, 196608, 393216, 786432, 1572864, 2143272, 6291456};
const std::vector<std::string> all_ways = {"rank-order",   "reduce-broadcast", "recursive-doubling", "ring",
                                           "rabenseifner", "two-level",        "shared-window",      "mpi"};

// The whole program, with its three files: rounds of the calibration and of every way, one after the other.
TEST(Bench, WritesWhatTheClockSays) {
  if (ranks > 2 || !on_one_host()) GTEST_SKIP() << "skipped: for one and two ranks of one host";
  const KeepCores cores;
  const std::string csv = scratch_file("bench.csv"), fit = scratch_file("bench.fit");
  const bool pinned = ranks <= int(std::thread::hardware_concurrency()) && CPU_ISSET(rank, &cores.set);
  const int rounds = 2;
  Said said;
  {
    const ClockOfTest by_test{KnownClock(rank)};
    said = say(bench_program::bench, {"--rounds", std::to_string(rounds), "--machine", "a box", "--csv", csv, "--fit", fit});
  }
  Replayed replayed(size_t{1} << 22);
  for (KnownClock& clock : replayed.clocks) clock.read(), clock.read();  // the timer of the core share
  std::vector<double> to_core;
  std::vector<std::vector<std::vector<double>>> times(all_lengths.size(), std::vector<std::vector<double>>(all_ways.size()));
  for (int round = 0; round < rounds; ++round) {
    for (size_t r = 0; r < replayed.clocks.size() && pinned && ranks > 1; ++r) {
      const double nanoseconds = expected_core_to_core(replayed.clocks[r]);
      if (r == 0) to_core.push_back(nanoseconds);
    }
    replayed.round();
    for (size_t l = 0; l < all_lengths.size(); ++l)
      for (auto& of_way : times[l]) of_way.push_back(replayed.slowest(all_lengths[l] / 4));
  }
  EXPECT_ON_ALL_RANKS(said.status == 0);
  if (rank != 0) {
    EXPECT_EQ(said.text, "");
    return;
  }
  const Machine machine = load_machine(fit);
  EXPECT_TRUE(same(machine.exchanges, replayed.curve(0)) && same(machine.reductions, replayed.curve(1)) &&
              same(machine.reductions_of_sent, replayed.curve(2)));
  std::ostringstream expected;
  expected << "# a box\nranks,bytes,core_to_core_ns,allreduce,seconds,ratio_to_mpi,predicted_seconds\n";
  for (size_t l = 0; l < all_lengths.size(); ++l)
    for (size_t v = 0; v < all_ways.size(); ++v) {
      std::vector<double> ratios;
      for (int round = 0; round < rounds; ++round) ratios.push_back(times[l][v][round] / times[l].back()[round]);
      expected << ranks << ',' << all_lengths[l] << ',';
      if (!to_core.empty()) expected << middle(to_core);
      expected << ',' << all_ways[v] << ',' << middle(times[l][v]) << ',' << middle(ratios) << ',';
      if (v < 5) expected << predicted_seconds(all_ways[v], double(all_lengths[l]), ranks, machine);
      expected << '\n';
    }
  EXPECT_EQ(text_of_file(csv), expected.str());
  for (const char* part : {"a box: ", "2 rounds; ", "\nmicroseconds (median", "\nchosen by prediction", "overtaken by",
                           "\ntime over that of MPI_Allreduce"})
    EXPECT_TRUE(contains(said.text, part)) << part << said.text;
  std::remove(csv.c_str());
  std::remove(fit.c_str());
}

// What this rank sends if each way is called once.
size_t messages_of_every_way(size_t n) {
  std::vector<float> own(n);
  std::optional<SharedWindow> window;
  if (on_one_host()) window.emplace(MPI_COMM_WORLD, n);
  const size_t before = traffic().messages;
  for (const Named<Allreduce>& way : allreduces())
    if (float* const x = !way.needs_window ? own.data() : window ? window->mine() : nullptr) way.function(x, x, n, MPI_COMM_WORLD);
  return traffic().messages - before;
}

// The clock says that a second took a nanosecond, or an hour: so the cores were ours, or somebody else's.
// With --cold no call comes before one that is timed: one less of each way and length.
TEST(Bench, WritesNothingIfSomebodyElseHadTheCores) {
  if (ranks > 2) GTEST_SKIP() << "skipped: for one and two ranks";
  size_t sent[2] = {0, 0};  // messages, without it and with it
  const std::string csv = scratch_file("quiet.csv"), fit = scratch_file("quiet.fit");
  const bool enough = ranks <= usable_cores();
  for (double unit : {0x1p-40, 1.0})
    for (bool only_if_quiet : {false, true}) {
      if (ranks == 2 && !only_if_quiet) continue;  // told for one rank
      const KeepCores cores;
      const ClockOfTest by_test{KnownClock(rank, unit)};
      std::vector<std::string> options = {"--rounds", "1", "--csv", csv, "--fit", fit};
      if (only_if_quiet) options.push_back("--only-if-quiet");
      if (unit == 1) options.push_back("--cold");
      const size_t before = traffic().messages;
      const Said said = say(bench_program::bench, options);
      sent[unit == 1] = traffic().messages - before;
      const bool quiet = unit < 1 && enough;
      const int status = only_if_quiet && !quiet ? 77 : 0;
      EXPECT_ON_ALL_RANKS(said.status == status) << said.status << said.text;
      if (rank == 0) {
        EXPECT_EQ(file_is_there(csv), status == 0);
        EXPECT_EQ(file_is_there(fit), status == 0);
        EXPECT_TRUE(contains(said.text, quiet ? ": quiet" : enough ? ": DISTURBED" : "CORES"));
      }
      std::remove(csv.c_str());
      std::remove(fit.c_str());
    }
  size_t once = 0;
  for (size_t bytes : all_lengths) once += messages_of_every_way(bytes / 4);
  EXPECT_ON_ALL_RANKS(sent[0] - sent[1] == once) << sent[0] << " " << sent[1] << " " << once;
}

// A file that cannot be written is told before anything is measured.
TEST(Bench, LooksAtItsFilesFirst) {
  if (ranks > 1) GTEST_SKIP() << "for one rank: the others would wait for rank 0";
  static int readings = 0;
  const ClockOfTest by_test([] { return double(++readings); });
  for (const std::string file : {"--csv", "--fit"})
    EXPECT_EQ(error_of([&] { say(bench_program::bench, {"--rounds", "1", file, "/no/such/folder/a"}); }), "/no/such/folder/a: cannot be written");
  EXPECT_EQ(readings, 0);
}

// Medians of times and of ratios are not ratios of medians.
TEST(Bench, SummaryHasMediansOverTheRounds) {
  std::vector<std::vector<double>> times = {{3, 8, 4}, {2, 4, 8}, {1, 6, 4}, {9, 2, 8}, {1, 1, 1}, {4, 8, 16}, {5, 5, 5}, {1, 2, 4}};
  const bench_program::Row row = bench_program::summary(96, times);
  EXPECT_EQ(row.bytes, 96u);
  EXPECT_EQ(row.seconds, (std::vector<double>{4, 4, 4, 8, 1, 8, 5, 2}));
  EXPECT_EQ(row.to_mpi, (std::vector<double>{3, 2, 1, 2, 0.5, 4, 2.5, 1}));
}

// Straight lines in a logarithmic picture meet where one calculates it: 8 bytes a second is 8 at 8 bytes.
TEST(Bench, CrossoverIsTheFirstPlaceWhereTheSecondWayOvertakes) {
  using bench_program::crossover;
  EXPECT_NEAR(crossover({1, 4, 16}, {1, 4, 16}, {8, 8, 8}), 8, 1e-9);
  EXPECT_NEAR(crossover({1, 4, 16, 64}, {2, 2, 8, 1}, {4, 4, 4, 2}), 8, 1e-9);
  EXPECT_NEAR(crossover({1, 4, 16, 64}, {1, 9, 1, 9}, {3, 3, 3, 3}), 2, 1e-9) << "the first of two";
  EXPECT_NEAR(crossover({1, 4, 16}, {1, 4, 16}, {16, 16, 16}), 16, 1e-9) << "as fast is enough";
  EXPECT_EQ(crossover({1, 4, 16}, {8, 16, 32}, {8, 8, 8}), 0) << "it was never slower";
  EXPECT_EQ(crossover({1, 4, 16}, {1, 2, 3}, {8, 8, 8}), 0);
  EXPECT_EQ(crossover({1, 4}, {8, 1}, {4, 4}), 0);
}

// 2 us a message, 1 GB/s, and 0.25 or 0.5 ns a byte for an addition.
const Machine simple{{{1e9, 2e-6, 1e-9}}, {{1e9, 2e-6, 1.25e-9}}, {{1e9, 2e-6, 1.5e-9}}};

bench_program::Row row_of(size_t bytes, std::vector<double> microseconds, std::vector<double> to_mpi) {
  for (double& time : microseconds) time *= 1e-6;
  return {bytes, microseconds, to_mpi};
}
std::vector<bench_program::Row> rows_by_hand() {
  const double impossible = bench_program::impossible;
  return {row_of(8, {5, 9, 4.5, 20, 6, 30, 1, 7}, {0.8, 1.3, 0.64, 2.9, 0.9, 4.3, 0.14, 1}),
          row_of(1024, {9, 8, 7, 5, 10, 30, impossible, 9}, {0.5, 0.9, 0.8, 0.5, 1.1, 3.3, impossible, 0.1}),
          row_of(1 << 20, {1900, 4000, 2500, 1700, 2000, 3000, 500, 1600}, {1.2, 2.5, 1.6, 1.1, 1.3, 0.9, 0.31, 1})};
}

TEST(Bench, PrintsATableOfMicroseconds) {
  const std::string text = printed_by([] { bench_program::print_table(rows_by_hand()); });
  EXPECT_EQ(text,
            "\nmicroseconds (median over the rounds)\n"
            "    bytes rank-order reduce-broadcast recursive-doubling     ring rabenseifner two-level shared-window      mpi\n"
            "        8       5.00             9.00               4.50    20.00         6.00     30.00          1.00     7.00\n"
            "     1024       9.00             8.00               7.00     5.00        10.00     30.00           inf     9.00\n"
            "  1048576    1900.00          4000.00            2500.00  1700.00      2000.00   3000.00        500.00  1600.00\n");
}

// On 4 ranks: 2 (2 + 8 1.5 / 1000), 2 (2 + 1024 1.5 / 1000), and 4 times 2 plus 3/4 of 1.048576 (1 + 1.25) 1000.
TEST(Bench, ComparesTheChosenWayWithTheBest) {
  const std::string text = printed_by([] { bench_program::print_choices(rows_by_hand(), 4, simple); });
  EXPECT_EQ(text,
            "\nchosen by prediction, from the ways that have a formula\n"
            "    bytes  chosen             predicted us measured us   best measured      measured us    ratio\n"
            "        8  recursive-doubling         4.02        4.50   recursive-doubling        4.50     1.00\n"
            "     1024  recursive-doubling         7.07        7.00   ring                      5.00     1.40\n"
            "  1048576  rabenseifner            1777.47     2000.00   ring                   1700.00     1.18\n"
            "the choice takes at most 1.40 times as long as the best\n");
}

// Predicted: 4 + 0.003 b and 8 + 0.0016875 b microseconds are equal at 3048 bytes. Measured: between 1024 and 1048576 bytes, where
// 10/7 has come down to 1 on its way to 4/5: at 1024 * 1024^(log(10/7) / log(10/7 * 5/4)) bytes.
TEST(Bench, TellsWhereOneWayOvertakesTheOther) {
  auto rows = rows_by_hand();
  const auto line = [&] { return printed_by([&] { bench_program::print_crossover(rows, 4, simple); }); };
  const double at = 1024 * std::pow(1024, std::log(10 / 7.0) / std::log(10 / 7.0 * 5 / 4));
  char expected[200];
  std::snprintf(expected, sizeof expected,
                "recursive-doubling is first overtaken by rabenseifner at %.0f bytes, predicted: 3048 (predicted / measured %.2f)\n", at,
                3047.6 / at);
  EXPECT_EQ(line(), expected);
  rows[2].bytes = 3150;
  EXPECT_TRUE(contains(line(), "predicted: 3048"));
  rows[2].bytes = 3000;
  EXPECT_EQ(line(), "recursive-doubling is overtaken by rabenseifner, and was not predicted to be\n");
  rows[2].seconds[4] = 1;
  EXPECT_EQ(line(), "recursive-doubling is never overtaken by rabenseifner, and was not predicted to be\n");
  rows[2].bytes = 1 << 20;
  EXPECT_EQ(line(), "recursive-doubling is never overtaken by rabenseifner, and was predicted to be\n");
}

// The best of the ways over messages, MPI's own not among them; of two equal ones the first.
TEST(Bench, PrintsRatios) {
  const std::string text = printed_by([] { bench_program::print_ratios(rows_by_hand()); });
  EXPECT_EQ(text,
            "\ntime over that of MPI_Allreduce (median of the ratios inside the rounds)\n"
            "        8 bytes: 0.64 (recursive-doubling), shared window 0.14\n"
            "     1024 bytes: 0.50 (rank-order)\n"
            "  1048576 bytes: 0.90 (two-level), shared window 0.31\n");
}

bench_program::Measurement measured_by_hand() {
  bench_program::Measurement m;
  m.seconds = {{{1, 2, 3}, {4, 5, 6, 7}}, {{8}, {9}}};
  m.core_to_core = {90, 50.4, 70};
  m.lost = 0.125;
  m.machine = {{{2048, 2e-6, 1e-9}, {65536, 3e-6, 0.5e-9}}, {{1e6, 4e-6, 1.25e-9}}, {{2e6, 5e-6, 2e-9}}};
  return m;
}

TEST(Bench, PrintsTheMachine) {
  bench_program::Measurement m = measured_by_hand();
  const auto text = [&](bool pinned) {
    return printed_by([&] { bench_program::print_machine(m, "a box", 3, pinned, Verdict::disturbed); });
  };
  const std::string rounds =
      "3 rounds; a rank was without its core for 12.5 % of the time: DISTURBED\n"
      "exchange          up to     2048 bytes: alpha   2.00 us, beta 1 / (1.00 GB/s)\n"
      "exchange          up to    65536 bytes: alpha   3.00 us, beta 1 / (2.00 GB/s)\n"
      "reduction         up to  1000000 bytes: alpha   4.00 us, beta 1 / (0.80 GB/s)\n"
      "reduction of sent up to  2000000 bytes: alpha   5.00 us, beta 1 / (0.50 GB/s)\n";
  EXPECT_EQ(text(true), "a box: 3 ranks, each on a core of its own\n"
                        "core to core: 70 ns (median over the rounds; least 50, most 90)\n" + rounds);
  m.core_to_core.clear();
  EXPECT_EQ(text(false), "a box: 3 ranks, not pinned: there is no core for each\n" + rounds);
}

TEST(Bench, LeavesOutOfTheFileWhatHasNoTimeOrNoFormula) {
  bench_program::Measurement m = measured_by_hand();
  m.machine = simple;
  auto rows = rows_by_hand();
  rows.erase(rows.begin());
  rows.pop_back();
  const std::string file = scratch_file("rows.csv");
  const std::string names = "# box\nranks,bytes,core_to_core_ns,allreduce,seconds,ratio_to_mpi,predicted_seconds\n";
  // 3 (2 + 1.536), 2 (2 (2 + 1.024) + 0.256), 2 (2 + 1.536), 6 (2 + 0.256) + 3 0.064, 4 2 + 3/4 1.024 2.25 microseconds
  const auto line = [](const std::string& core, const std::string& rest) { return "4,1024," + core + "," + rest + "\n"; };
  for (const std::string core : {"70", ""}) {
    bench_program::write_csv(file, "box", rows, 4, m);
    EXPECT_EQ(text_of_file(file), names + line(core, "rank-order,9e-06,0.5,1.0608e-05") +
                                      line(core, "reduce-broadcast,8e-06,0.9,1.2608e-05") +
                                      line(core, "recursive-doubling,7e-06,0.8,7.072e-06") +
                                      line(core, "ring,5e-06,0.5,1.3728e-05") +
                                      line(core, "rabenseifner,1e-05,1.1,9.728e-06") + line(core, "two-level,3e-05,3.3,") +
                                      line(core, "mpi,9e-06,0.1,"));
    m.core_to_core.clear();
  }
  std::remove(file.c_str());
  const FullDisk full;
  EXPECT_EQ(error_of([&] { bench_program::write_csv(full.file(), "box", rows, 4, m); }), full.file() + ": cannot be written");
  EXPECT_EQ(error_of([&] { save_machine(simple, full.file()); }), full.file() + ": cannot be written");
}

// ---- curves.cpp: what 05_programs_test.cpp does not ask of the program ----

TEST(Curves, PrintsTheTimesOfEveryWay) {
  const Said said = say(curves_program::curves, {"--ranks", "1,4", "--alpha", "1", "--beta", "4", "--gamma", "8"});
  EXPECT_EQ(said.status, 0);
  // 1000 bytes and more on 4 ranks: 2 (1 + 4 + 8); 4 + 3/4 (4 + 12); 6 + 3/4 16; 4 + 2 (4 + 12). One rank has nothing to send.
  EXPECT_EQ(said.text, rank > 0 ? "" :
            "by formula: alpha 1 us a message, beta 4 ns a byte sent, gamma 8 ns a byte added\n"
            "\nmicroseconds on 1 ranks\n     bytes recursive-doubling       rabenseifner               ring   reduce-broadcast\n"
            "      1000                0.0                0.0                0.0                0.0\n"
            "     10000                0.0                0.0                0.0                0.0\n"
            "    100000                0.0                0.0                0.0                0.0\n"
            "   1000000                0.0                0.0                0.0                0.0\n"
            "  10000000                0.0                0.0                0.0                0.0\n"
            "\nmicroseconds on 4 ranks\n     bytes recursive-doubling       rabenseifner               ring   reduce-broadcast\n"
            "      1000               26.0               16.0               18.0               36.0\n"
            "     10000              242.0              124.0              126.0              324.0\n"
            "    100000             2402.0             1204.0             1206.0             3204.0\n"
            "   1000000            24002.0            12004.0            12006.0            32004.0\n"
            "  10000000           240002.0           120004.0           120006.0           320004.0\n"
            "\nfrom how many bytes on a way is faster than recursive doubling\n"
            "     ranks       rabenseifner               ring\n"
            "         1              never              never\n"
            "         4                167                333\n");
  if (rank > 0) return;
  const FullDisk full;
  EXPECT_EQ(error_of([&] { say(curves_program::curves, {"--csv", full.file()}); }), full.file() + ": cannot be written");
}

TEST(Curves, TakesTheStepsOfAFit) {
  if (rank != 0) return;
  const std::string fit = scratch_file("curves.fit");
  save_machine(simple, fit);
  const Said said = say(curves_program::curves, {"--ranks", "4", "--fit", fit});
  std::remove(fit.c_str());
  EXPECT_TRUE(contains(said.text, "by formula: steps from " + fit + "\n"));
  EXPECT_TRUE(contains(said.text, "      1000                7.0                9.7               13.7               12.5\n"));
}

// ---- steps.cpp ----

void expect_steps(int on_ranks, std::vector<std::string> options, const std::string& text) {
  if (ranks != on_ranks) return;
  const Said said = say(steps_program::steps, options);
  EXPECT_ON_ALL_RANKS(said.status == 0);
  EXPECT_EQ(said.text, rank == 0 ? text : "");
}

// 7 floats on 3 ranks are blocks of 2, 2 and 3; 2 floats are blocks of 0, 1 and 1; and an empty block is no message.
TEST(Steps, ShowsEveryCall) {
  if (ranks == 1) GTEST_SKIP() << "one rank sends nothing";
  expect_steps(2, {"--floats", "1"},
               "allreduce, ring:               1 floats, 2 ranks; busiest:  1 messages,     1 floats; across the middle: 1\n"
               "\n  call  rank 0                  rank 1                \n"
               "     1  1 to 1                  1 from 0              \n"
               "     2  1 from 1                1 to 0                \n");
  expect_steps(3, {"--floats", "7"},
               "allreduce, ring:               7 floats, 3 ranks; busiest:  4 messages,    10 floats; across the middle: 10\n"
               "\n  call  rank 0                  rank 1                  rank 2                \n"
               "     1  3 to 1, 2 from 2        2 to 2, 3 from 0        2 to 0, 2 from 1      \n"
               "     2  2 to 1, 2 from 2        3 to 2, 2 from 0        2 to 0, 3 from 1      \n"
               "     3  2 to 1, 3 from 2        2 to 2, 2 from 0        3 to 0, 2 from 1      \n"
               "     4  3 to 1, 2 from 2        2 to 2, 3 from 0        2 to 0, 2 from 1      \n");
  expect_steps(3, {"--floats", "2", "--collective", "allgather"},
               "allgather, ring:               2 floats, 3 ranks; busiest:  2 messages,     2 floats; across the middle: 1\n"
               "\n  call  rank 0                  rank 1                  rank 2                \n"
               "     1  1 from 2                1 to 2                  1 to 0, 1 from 1      \n"
               "     2  1 to 1, 1 from 2        1 from 0                1 to 0                \n");
  expect_steps(3, {"--floats", "7", "--collective", "broadcast", "--way", "tree"},
               "broadcast, tree:               7 floats, 3 ranks; busiest:  2 messages,    14 floats; across the middle: 14\n"
               "\n  call  rank 0                  rank 1                  rank 2                \n"
               "     1  7 to 2                  7 from 0                7 from 0              \n"
               "     2  7 to 1                                                                \n");
  expect_steps(3, {"--floats", "7", "--collective", "gather", "--way", "linear"},
               "gather, linear:             7 floats, 3 ranks; busiest:  1 messages,     3 floats; across the middle: 0\n"
               "\n  call  rank 0                  rank 1                  rank 2                \n"
               "     1  2 from 1                2 to 0                  3 to 0                \n"
               "     2  3 from 2                                                              \n");
  expect_steps(3, {"--floats", "7", "--collective", "reduce-scatter", "--way", "recursive-halving"},
               "reduce-scatter, recursive-halving:  7 floats, 3 ranks; busiest:  2 messages,     7 floats; across the middle: 5\n"
               "\n  call  rank 0                  rank 1                  rank 2                \n"
               "     1  7 from 1                7 to 0                  4 to 0, 3 from 0      \n"
               "     2  3 to 2, 4 from 2        2 from 0                                      \n"
               "     3  2 to 1                                                                \n");
}

// On several hosts each rank has one of its own, and there is one level only.
TEST(Steps, CountsEveryWay) {
  if (ranks != 3) GTEST_SKIP() << "counted by hand for three ranks";
  const auto line = [](const std::string& way, const std::string& counts) { return way + std::string(20 - way.size(), ' ') + counts; };
  const std::string seven = "7 floats, 3 ranks; busiest: ";
  expect_steps(3, {"--floats", "7", "--way", "all"},
               "allreduce, " + line("rank-order:", seven + " 2 messages,    14 floats; across the middle: 14\n") +
                   "allreduce, " + line("reduce-broadcast:", seven + " 2 messages,    14 floats; across the middle: 14\n") +
                   "allreduce, " + line("recursive-doubling:", seven + " 2 messages,    14 floats; across the middle: 14\n") +
                   "allreduce, " + line("ring:", seven + " 4 messages,    10 floats; across the middle: 10\n") +
                   "allreduce, " + line("rabenseifner:", seven + " 3 messages,    14 floats; across the middle: 14\n") +
                   "allreduce, " + line("two-level:", seven + (on_one_host() ? " 4 messages,    10 floats; across the middle: 9\n"
                                                                             : " 2 messages,    14 floats; across the middle: 14\n")));
  expect_steps(3, {"--floats", "7", "--way", "all", "--collective", "scatter"},
               "scatter, " + line("linear:", seven + " 2 messages,     5 floats; across the middle: 5\n") +
                   "scatter, " + line("tree:", seven + " 2 messages,     5 floats; across the middle: 5\n"));
  expect_steps(3, {"--floats", "7", "--way", "all", "--collective", "reduce"},
               "reduce, " + line("linear:", seven + " 1 messages,     7 floats; across the middle: 0\n") +
                   "reduce, " + line("tree:", seven + " 1 messages,     7 floats; across the middle: 0\n") +
                   "reduce, " + line("chain:", seven + " 1 messages,     7 floats; across the middle: 7\n"));
}

// The most messages and the most floats need not be those of one rank, and who receives only is not busy.
TEST(Steps, CountsTheBusiestRankAndTheMiddle) {
  const std::vector<std::vector<Call>> calls = {{{1, 10, -1, 0}, {2, 5, 3, 90}, {-1, 0, 1, 70}}, {{0, 100, 2, 1}}, {{3, 7, -1, 0}, {0, 1, 0, 1}, {1, 1, 0, 1}}, {}, {}};
  const Traffic most = steps_program::busiest(calls);
  EXPECT_EQ(most.messages, 3u);
  EXPECT_EQ(most.floats, 100u);
  EXPECT_EQ(steps_program::across_the_middle(calls), 5u);
}

TEST(Steps, RefusesAWayThatIsNotThere) {
  EXPECT_EQ(error_of([] { say(steps_program::steps, {"--collective", "scatter", "--way", "ring"}); }),
            "--way: there is no scatter called 'ring', only linear tree");
}

}  // namespace
