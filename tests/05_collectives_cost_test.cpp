// The cost model of chapter 05: formulas against hand calculation, fits of known machines, the choice that follows. And which
// measurements are believed; and working memory that is used again.
// ranks: 1 2 3
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/power_of_two.h"
#include "chapters/05_collectives/scratch.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/table.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/05_collectives/words.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/writable.h"
#include "tests/backwards.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"
#include "tests/session_on_a_node.h"
#include "tests/world.h"

// What a calibration adds: how much, and whether to what it has just sent.
struct Added {
  size_t n;
  bool to_what_was_sent;
  bool operator==(const Added&) const = default;
};
std::vector<Added> added;
const float* just_sent = nullptr;
void noted_add(float* sum, const float* a, const float* b, size_t n) { added.push_back({n, sum == just_sent}), add(sum, a, b, n); }
#define add noted_add
#define exchange_floats(out, ...) exchange_floats(just_sent = out, __VA_ARGS__)
#include "chapters/05_collectives/calibrate.cpp"
#undef exchange_floats
#undef add

// The benchmark, of which nothing takes time, and whose ranks get no cores of their own.
template <class Work>
double a_second(MPI_Comm, float*, size_t, bool, Work) {
  return 1;
}
struct NoCalibration {
  explicit NoCalibration(MPI_Comm) {}
  void round() {}
  Machine fit() { return {{{1e9, 2e-6, 1e-9}}, {{1e9, 2e-6, 1e-9}}, {{1e9, 2e-6, 1e-9}}}; }
};
int no_core(int, size_t, const cpu_set_t*) { return -1; }
#define main main_of_program
#define MpiSession SessionOnANode
#define run_with_mpi not_run
#define seconds_per_call a_second
#define Calibration NoCalibration
#define sched_setaffinity no_core
namespace bench_program {
#include "chapters/05_collectives/bench.cpp"
}
#undef sched_setaffinity
#undef Calibration
#undef seconds_per_call
#undef run_with_mpi
#undef MpiSession
#undef main

// Messages of 16 bits, of vectors for which there is no memory.
struct Sent {
  char way;
  const void* from;
  int n, peer, tag;
  bool operator==(const Sent&) const = default;
};
std::vector<Sent> messages_of_words;
int noted(char way, const void* from, int n, int peer, int tag, MPI_Request* request) {
  messages_of_words.push_back({way, from, n, peer, tag});
  return *request = MPI_REQUEST_NULL, MPI_SUCCESS;
}
#define MPI_Isend(from, n, type, peer, tag, comm, request) noted('S', from, n, peer, tag, ((void)comm, request))
#define MPI_Irecv(to, n, type, peer, tag, comm, request) noted('R', to, n, peer, tag, ((void)comm, request))
#include "chapters/05_collectives/words.cpp"
#undef MPI_Isend
#undef MPI_Irecv

// How many floats of working memory a sum has asked for last.
size_t floats_of_memory = 0;
Scratch noted_scratch(size_t n) { return floats_of_memory = n, scratch(n); }
#define scratch noted_scratch
#include "chapters/05_collectives/power_of_two.cpp"
#include "chapters/05_collectives/reduce.cpp"
#include "chapters/05_collectives/reduce_scatter.cpp"
#undef scratch

namespace {

// 2 us per message, 1 GB/s, additions at 4 GB/s, or at 2 GB/s to what was sent.
const Machine simple{{{1e9, 2e-6, 1e-9}}, {{1e9, 2e-6, 1.25e-9}}, {{1e9, 2e-6, 1.5e-9}}};

double predicted_us(const char* name, double bytes, int ranks) {
  return 1e6 * predicted_seconds(name, bytes, ranks, simple);
}

TEST(Predicted, FourRanksByHand) {
  const double bytes = 1e6;  // a vector takes 1000 us to send and 250 us to add (500 to what was sent)
  EXPECT_NEAR(predicted_us("reduce-broadcast", bytes, 4), 2 * (2 * 1002 + 250), 1e-6);
  EXPECT_NEAR(predicted_us("recursive-doubling", bytes, 4), 2 * (1002 + 500), 1e-6);
  EXPECT_NEAR(predicted_us("ring", bytes, 4), 3 * (2 * 252 + 62.5), 1e-6);
  EXPECT_NEAR(predicted_us("rank-order", bytes, 4), 3 * (2 * 252 + 62.5), 1e-6);
  EXPECT_NEAR(predicted_us("rabenseifner", bytes, 4), 2 * 502 + 125 + 2 * 252 + 62.5, 1e-6);
  EXPECT_NEAR(predicted_us("rank-order", 1000, 4), 3 * (3 + 0.5), 1e-6);  // a short vector goes to everybody
  EXPECT_NEAR(predicted_us("rank-order", 4096, 4), 3 * (2 + 4.096 * 1.5), 1e-6);
  EXPECT_NEAR(predicted_us("rank-order", 4100, 4), 3 * (4 + 1.025 * 2.25), 1e-6);
}

TEST(Predicted, OtherNumbersOfRanks) {
  const double bytes = 1e6;
  for (const char* name : modelled_allreduces()) EXPECT_EQ(predicted_us(name, bytes, 1), 0) << name;
  EXPECT_NEAR(predicted_us("reduce-broadcast", bytes, 5), 3 * (2 * 1002 + 250), 1e-6);
  EXPECT_NEAR(predicted_us("recursive-doubling", bytes, 5), 2 * 1502 + 2 * 1002 + 250, 1e-6);
  EXPECT_NEAR(predicted_us("ring", bytes, 5), 4 * (2 * 202 + 50), 1e-6);
  EXPECT_NEAR(predicted_us("rabenseifner", bytes, 7), 2 * 502 + 125 + 2 * 252 + 62.5 + 2 * 1002 + 250, 1e-6);
  EXPECT_EQ(error_of([&] { predicted_us("mpi", bytes, 2); }), "predicted_seconds: no formula for the allreduce 'mpi'");
}

// Few messages for short vectors, few bytes for long ones: the choice changes once, where the two costs meet.
TEST(Choose, ShortAndLong) {
  EXPECT_STREQ(choose_allreduce(8, 8, simple).name, "recursive-doubling");
  EXPECT_STREQ(choose_allreduce(1 << 20, 8, simple).name, "rabenseifner");
  EXPECT_STREQ(choose_allreduce(1 << 20, 7, simple).name, "ring");  // Rabenseifner must fold
  for (int ranks = 1; ranks <= 9; ++ranks)
    for (size_t bytes = 4; bytes < 1 << 24; bytes *= 3) {
      const double chosen =
          predicted_seconds(choose_allreduce(bytes, ranks, simple).name, bytes, ranks, simple);
      for (const char* name : modelled_allreduces())
        EXPECT_LE(chosen, predicted_seconds(name, bytes, ranks, simple))
            << name << ", " << bytes << ", " << ranks;
    }
}

// Both ends of the search, from 8 bytes to 1e8: a way that is faster at once, and one that is faster just before the end, or never.
// Rabenseifner's formula on 2 ranks is alpha + b 1.25 + alpha + b, twice for half the bytes; recursive doubling's alpha' + b beta'.
TEST(Overtakes, SearchesFromEightBytesToAHundredMillion) {
  const auto crossing = [](double at) {  // 2 + b 1.125 ns against alpha' + b 2.125 ns
    const double alpha = 2e-6 - at * 1e-9;
    return overtakes("rabenseifner", 2, {{{1e9, 1e-6, 1e-9}}, {{1e9, 1e-6, 1.25e-9}}, {{1e9, alpha, 2.125e-9}}});
  };
  EXPECT_EQ(crossing(4), 8);
  EXPECT_NEAR(crossing(8.5), 8.5, 1e-6);
  EXPECT_NEAR(crossing(0.985e8), 0.985e8, 1);
  EXPECT_EQ(crossing(1.05e8), 0);
}

// A machine with a jump: short messages 0.3 us and 5 GB/s, long ones 3 us and 10 GB/s.
TEST(Fit, FindsTheJump) {
  std::vector<Sample> samples;
  for (double bytes = 4; bytes <= 1 << 22; bytes *= 2)
    samples.push_back({bytes, bytes <= 8192 ? 0.3e-6 + bytes / 5e9 : 3e-6 + bytes / 10e9});
  const Machine machine{fit_curve(samples, 2), fit_curve(samples), {}};
  ASSERT_EQ(machine.exchanges.size(), 2u);
  EXPECT_EQ(machine.exchanges[0].up_to_bytes, 8192);
  EXPECT_NEAR(machine.exchanges[0].alpha, 0.3e-6, 1e-12);
  EXPECT_NEAR(1 / machine.exchanges[1].beta, 10e9, 1e3);
  for (double bytes : {5.0, 3000.0, 1e6, 1e8}) {  // lengths that were no samples, and one beyond the longest
    const double truth = bytes <= 8192 ? 0.3e-6 + bytes / 5e9 : 3e-6 + bytes / 10e9;
    EXPECT_NEAR(machine.exchange(bytes) / truth, 1, 1e-9) << bytes;
    EXPECT_NEAR(machine.reduction(bytes) / truth, 1, 1e-9) << bytes;  // more pieces than needed do no harm
  }
  EXPECT_EQ(machine.exchange(0), 0);
}

TEST(Fit, NeverNegative) {
  const std::vector<Sample> falling{{4, 3e-6}, {8, 2e-6}, {16, 1e-6}},
      steep{{4, 1e-6}, {8, 4e-6}, {16, 20e-6}};
  for (const auto& samples : {falling, steep})
    for (const Piece& piece : fit_curve(samples)) {
      EXPECT_GE(piece.alpha, 0);
      EXPECT_GE(piece.beta, 0);
    }
}

// The sum of squared relative errors, from its definition.
double relative_errors(std::span<const Sample> samples, double alpha, double beta) {
  double sum = 0;
  for (const Sample& s : samples) sum += std::pow((alpha + beta * s.bytes) / s.seconds - 1, 2);
  return sum;
}

// No line near the fitted one is better; where one of its two numbers would be negative, none whose numbers are not. And no other
// two lines are better than two that are fitted.
TEST(Fit, HasTheSmallestRelativeErrors) {
  const std::vector<Sample> noisy{{4, 3e-6}, {8, 2e-6}, {16, 5e-6}, {32, 4e-6}, {64, 20e-6}, {128, 21e-6}, {256, 90e-6}},
      steep{{4, 1e-6}, {8, 4e-6}, {16, 20e-6}}, falling{{4, 3e-6}, {8, 2e-6}, {16, 1e-6}};
  for (const auto& samples : {noisy, steep, falling}) {
    const Piece line = fit_curve(samples, 1).at(0);
    const double least = relative_errors(samples, line.alpha, line.beta);
    for (double alpha : {-1e-9, 0.0, 1e-9})
      for (double beta : {-1e-10, 0.0, 1e-10}) {
        if (line.alpha + alpha < 0 || line.beta + beta < 0 || (alpha == 0 && beta == 0)) continue;
        EXPECT_GT(relative_errors(samples, line.alpha + alpha, line.beta + beta), least) << samples.size() << " samples, " << alpha << " " << beta;
      }
  }
  const Curve two = fit_curve(noisy, 2);
  ASSERT_EQ(two.size(), 2u);
  double least = 1e9, found = -1;
  for (size_t cut = 2; cut + 2 <= noisy.size(); ++cut) {
    const auto first = std::span(noisy).first(cut), second = std::span(noisy).subspan(cut);
    const Piece a = fit_curve(first, 1).at(0), b = fit_curve(second, 1).at(0);
    const double both = relative_errors(first, a.alpha, a.beta) + relative_errors(second, b.alpha, b.beta);
    if (noisy[cut - 1].bytes == two[0].up_to_bytes) found = both;
    least = std::min(least, both);
  }
  EXPECT_EQ(found, least);
}

TEST(Fit, RefusesWhatIsNoMeasurement) {
  const auto refusal = [](const std::vector<Sample>& samples) { return error_of([&] { fit_curve(samples); }); };
  const std::string two = "fit_curve: needs two samples or more, in ascending order of bytes, not ";
  EXPECT_EQ(refusal({{4, 1e-6}}), two + "1");
  EXPECT_EQ(refusal({{8, 1e-6}, {4, 1e-6}}), two + "2");
  EXPECT_EQ(refusal({{4, 1e-6}, {8, 1e-6}, {8, 2e-6}}), two + "3") << "ascending: no length twice";
  EXPECT_EQ(refusal({{4, 1e-6}, {8, 1e-6}}), "");
}

class MachineFile : public testing::Test {
 protected:
  std::string file = testing::TempDir() + "machine_" + std::to_string(rank_of(MPI_COMM_WORLD)) + ".txt";
  ~MachineFile() override { std::remove(file.c_str()); }
};

TEST_F(MachineFile, IsReadAsItWasWritten) {
  const Machine written{
      {{8192, 0.3e-6, 0.2e-9}, {1 << 20, 3e-6, 0.1e-9}}, {{8192, 0.3e-6, 1.0 / 3}}, {{4, 5, 6}}};
  save_machine(written, file);
  const Machine read = load_machine(file);
  ASSERT_EQ(read.exchanges.size(), 2u);
  ASSERT_EQ(read.reductions.size(), 1u);
  EXPECT_EQ(read.exchanges[1].up_to_bytes, 1 << 20);
  EXPECT_EQ(read.exchanges[1].alpha, 3e-6);
  EXPECT_EQ(read.reductions[0].beta, 1.0 / 3);  // every bit
  ASSERT_EQ(read.reductions_of_sent.size(), 1u);
  EXPECT_EQ(read.reductions_of_sent[0].beta, 6);
}

TEST_F(MachineFile, BrokenOnesAreRefused) {
  EXPECT_EQ(error_of([&] { load_machine(file + ".missing"); }), file + ".missing: cannot be opened");
  const char* const broken[][2] = {{"", "says nothing about the step 'exchange'"},
                                   {"exchange 8192 1e-6 1e-9\n", "says nothing about the step 'reduction'"},
                                   {"exchange 8192 1e-6\nreduction 8192 1e-6 1e-9\n", "not understood: exchange 8192 1e-6"},
                                   {"hello\n", "not understood: hello"}};
  for (const auto& [text, complaint] : broken) {
    std::ofstream(file) << text;
    EXPECT_EQ(error_of([&] { load_machine(file); }), file + ": " + complaint);
  }
  // All that is needed, and then one line: understood, or not.
  const std::string all = "exchange 8 1 2\nreduction 8 3 4\nreduction-of-sent 8 5 6\n";
  for (const char* line : {"exchange 16 1\n", "exchange 16\n", "friction 16 1 2\n", "exchange 16 1 x\n"}) {
    std::ofstream(file) << all << line;
    EXPECT_EQ(error_of([&] { load_machine(file); }), file + ": not understood: " + std::string(line, std::string(line).size() - 1));
  }
  std::ofstream(file) << "# a remark\n\n" << all << "exchange 16 7 8\n";
  EXPECT_EQ(load_machine(file).exchanges.size(), 2u);
  std::ofstream(file) << "exchange 8 1 2\nreduction-of-sent 8 5 6\n";
  EXPECT_EQ(error_of([&] { load_machine(file); }), file + ": says nothing about the step 'reduction'");
}

// Ranks that disagree about the machine would choose different algorithms and wait for each other for ever.
TEST(Calibrate, AllRanksAgree) {
  const Backwards all;
  const Machine machine = calibrate(all.comm, 16, 2);
  ASSERT_FALSE(machine.exchanges.empty());
  std::vector<double> mine;
  for (const Curve& line : {machine.exchanges, machine.reductions, machine.reductions_of_sent})
    for (const Piece& piece : line) mine.insert(mine.end(), {piece.up_to_bytes, piece.alpha, piece.beta});
  std::vector<double> of_rank_0 = mine;
  int same = true;
  MPI_CHECK(MPI_Bcast(of_rank_0.data(), int(of_rank_0.size()), MPI_DOUBLE, 0, MPI_COMM_WORLD));
  same = mine == of_rank_0;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &same, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
  EXPECT_TRUE(same);
  EXPECT_GT(machine.exchange(1000), 0);
}

// 60 calls of each step, and one that is not timed: exchanges, sums beside what is sent, sums in its place.
TEST(Calibrate, AddsWhatItsStepsAdd) {
  added.clear();
  Calibration(MPI_COMM_WORLD, 2).round();
  std::vector<Added> expected;
  for (size_t n : {1, 2})
    for (bool to_what_was_sent : {false, true}) expected.insert(expected.end(), 61, {n, to_what_was_sent});
  EXPECT_ON_ALL_RANKS(added == expected) << added.size() << " additions";
}

TEST(Calibrate, GoesUpToSixteenMebibytes) {
  if (ranks > 1) GTEST_SKIP() << "for one rank: more of them would send for long";
  const ClockOfTest by_test{KnownClock(rank)};
  EXPECT_EQ(calibrate(MPI_COMM_WORLD).exchanges.back().up_to_bytes, 16777216);
}

TEST(Slowest, IsTheLargestOfAllRanks) {
  std::vector<double> seconds{1.0 + rank, 10.0 - rank, 5};
  take_slowest(seconds, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(seconds == (std::vector<double>{double(ranks), 10, 5}));
  EXPECT_ON_ALL_RANKS(slowest(3.0 * rank) == 3.0 * (ranks - 1));
}

// --- Results of a disturbed measurement are not written down ------------------------------------------------------------

TEST(CoreShare, SeesThatOneRankWasWithoutItsCore) {
  CoreShare share;
  for (int i = 0; i < 3; ++i) {
    share.begin();
    if (rank_of(MPI_COMM_WORLD) == ranks_of(MPI_COMM_WORLD) - 1) usleep(20000);  // as if another program had the core
    share.end();
  }
  const double lost = share.lost(MPI_COMM_WORLD);
  ASSERT_ON_ALL_RANKS(lost > 0.9 && lost <= 1) << lost;
  EXPECT_EQ(verdict(lost, 1), Verdict::disturbed);
}

TEST(CoreShare, VerdictsAreQuietDisturbedOrTooManyRanks) {
  EXPECT_EQ(verdict(0.01, 1), Verdict::quiet);
  EXPECT_EQ(verdict(0.25, 1), Verdict::disturbed);
  EXPECT_EQ(verdict(0.01, usable_cores() + 1), Verdict::more_ranks_than_cores);
}

// Cores are shared with the ranks of the node, and memory, too, where these are all that there are.
TEST(Bench, CountsTheRanksOfTheNode) {
  if (ranks > 1) GTEST_SKIP() << "for one rank: the memory of others would be made for long";
  for (const int here : {1, 100000}) {
    SessionOnANode session{0, here};
    Arguments arguments({"--rounds", "1"});
    const std::string text = printed_by([&] { bench_program::bench(session, arguments.count(), arguments.values()); });
    EXPECT_EQ(text.find("MORE RANKS THAN CORES") != std::string::npos, here > 1) << text;
    EXPECT_EQ(text.find(", shared window") != std::string::npos, here == 1) << text;
  }
}

// Of five rounds, two may be as bad as they like: the median is told.
TEST(CoreShare, AMedianIsQuietIfMostRoundsWere) {
  const double limit = still_quiet, over = still_quiet + 0.001;
  EXPECT_EQ(verdict({0.01, 0.9, limit, 0.02, 0.9}, 1), Verdict::quiet);
  EXPECT_EQ(verdict({0.01, 0.9, over, 0.02, 0.9}, 1), Verdict::disturbed);
  EXPECT_EQ(verdict({0.01, 0.02, 0.01}, usable_cores() + 1), Verdict::more_ranks_than_cores);
}

double hand = 0, core = 0;  // clocks that stand still until the test moves them: seconds, and those of a core that were used

// What two parts of a measurement used of the time that passed. Between end and begin nothing counts.
TEST(CoreShare, IsWhatIsMissingOfTheTimeThatPassed) {
  const ClockOfTest by_hand([] { return hand; });
  const auto usual = processor_seconds;
  processor_seconds = [] { return core; };
  CoreShare share;
  EXPECT_ON_ALL_RANKS(share.lost(MPI_COMM_WORLD) == 0) << "nothing was measured";
  for (double used : {2.5, 1.5}) {
    hand += 1000, core += 500;
    share.begin();
    hand += 4, core += used / (1 << rank);
    share.end();
  }
  EXPECT_ON_ALL_RANKS(share.lost(MPI_COMM_WORLD) == 1 - 4.0 / (1 << (ranks - 1)) / 8);
  share.begin();
  core += 1000;  // more than passed: a process with several threads
  share.end();
  EXPECT_ON_ALL_RANKS(share.lost(MPI_COMM_WORLD) == 0);
  processor_seconds = usual;
}

// --- Messages of 16 bits -------------------------------------------------------------------------------------------------

TEST(Words, AreCutWhereCountsOfMpiEnd) {
  const auto at = [](const uint16_t& x, size_t i) { return reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(&x) + i * sizeof x); };
  const size_t most = INT_MAX, before = words_sent();
  uint16_t a = 0, b = 0;
  PendingWords messages;
  messages.send(&a, most + 5, 3, MPI_COMM_WORLD, 7);
  messages.receive(&b, most + 5, 4, MPI_COMM_WORLD, 8);
  messages.send(&a, most, 1, MPI_COMM_WORLD, 9);
  messages.wait();
  const std::vector<Sent> expected = {{'S', at(a, 0), INT_MAX, 3, 7}, {'S', at(a, most), 5, 3, 7}, {'R', at(b, 0), INT_MAX, 4, 8}, {'R', at(b, most), 5, 4, 8},
                                      {'S', at(a, 0), INT_MAX, 1, 9}};
  EXPECT_TRUE(messages_of_words == expected) << messages_of_words.size() << " messages";
  EXPECT_EQ(words_sent() - before, 2 * most + 5);
}

// No rank is everybody's first target.
TEST(Words, GoToTheRightNeighbourFirst) {
  const Backwards all;
  const int rank = rank_of(all.comm);
  std::vector<uint16_t> words(100);
  PendingWords messages;
  messages_of_words.clear();
  begin_allgather_direct(words.data(), words.data() + Blocks{100, ranks}.begin(rank), 100, all.comm, messages);
  std::vector<int> to, expected;
  for (const Sent& message : messages_of_words)
    if (message.way == 'S') to.push_back(message.peer);
  for (int right = rank + 1; right < rank + ranks; ++right) expected.push_back(right % ranks);
  EXPECT_ON_ALL_RANKS(to == expected) << testing::PrintToString(to);
}

// --- Working memory ----------------------------------------------------------------------------------------------------

// Two ranks keep a half each, and of an odd number of elements one half is longer.
TEST(Halve, HasRoomForTheLongerHalf) {
  if (ranks != 2) GTEST_SKIP() << "for two ranks";
  for (size_t n = 1; n <= 5; ++n) {
    const std::vector<float> x(n, 1.0f);
    std::vector<float> sum(n);
    halve(sum.data(), x.data(), Blocks{n, 2}, Survivors(MPI_COMM_WORLD), MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(floats_of_memory == (n + 1) / 2) << n << " elements: " << floats_of_memory;
  }
}

// A chain has two segments at a time, and none is longer than the vector. In a tree only who receives has memory for a vector; of up to
// three ranks that is the root.
TEST(Reduce, HasRoomForWhatItReceives) {
  for (const size_t n : {size_t(1), size_t(5), chain_segment, chain_segment + 1}) {
    const std::vector<float> x(n, 1.0f);
    std::vector<float> sum(n);
    reduce_chain(sum.data(), x.data(), n, 0, MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(floats_of_memory == 2 * std::min<size_t>(n, 16384)) << n << " elements in a chain: " << floats_of_memory;
    floats_of_memory = 0;
    reduce_tree(sum.data(), x.data(), n, 0, MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(floats_of_memory == (rank == 0 && ranks > 1 ? n : 0)) << n << " elements in a tree: " << floats_of_memory;
  }
}

// A ring's block of any rank, the longest, too; in rank order this rank's block of all ranks.
TEST(ReduceScatter, HasRoomForItsBlocks) {
  for (size_t n = 1; n <= 5; ++n) {
    const std::vector<float> x(n, 1.0f);
    std::vector<float> mine(n);
    reduce_scatter_ring(mine.data(), x.data(), n, MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(floats_of_memory == (n + size_t(ranks) - 1) / size_t(ranks)) << n << " elements in a ring: " << floats_of_memory;
    reduce_scatter_rank_order(mine.data(), x.data(), n, MPI_COMM_WORLD);
    const Blocks blocks{n, ranks};
    EXPECT_ON_ALL_RANKS(floats_of_memory == blocks.size(rank) * size_t(ranks)) << n << " elements in rank order: " << floats_of_memory;
  }
}

// What ended is used again: the shortest that is long enough. A longer one takes the place of the longest.
TEST(Scratch, IsUsedAgain) {
  free_scratch();
  float *shorter, *longer, *longest;
  {
    const Scratch a = scratch(300), b = scratch(100);
    longer = a.get(), shorter = b.get();
  }
  {
    const Scratch a = scratch(50), b = scratch(101);
    EXPECT_EQ(a.get(), shorter);
    EXPECT_EQ(b.get(), longer);
  }
  EXPECT_EQ(scratch(100).get(), shorter) << "long enough";
  {
    const Scratch a = scratch(1000);
    longest = a.get();
  }
  EXPECT_EQ(scratch(300).get(), longest) << "300 made way";
  EXPECT_EQ(scratch(10).get(), shorter);
  Scratch moved, none;
  EXPECT_FALSE(moved);
  moved = scratch(20);
  EXPECT_TRUE(moved && moved.get() == shorter);
  moved = std::move(none);
  EXPECT_FALSE(moved);
  free_scratch();
}

}  // namespace
