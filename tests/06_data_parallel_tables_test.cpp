// Chapter 06's measuring programs by a clock that the test knows: what they print is calculated a second time here, reading by
// reading. And the lines of the report.
// ranks: 1 2
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <utility>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/require_samples.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/05_collectives/table.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/06_data_parallel/data_parallel.h"
#include "chapters/06_data_parallel/interleaved.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/writable.h"
#include "common/statistics.h"
#include "tests/data_sets.h"
#include "tests/known_clock.h"
#include "tests/known_share.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

#define main main_of_program
namespace bench_program {
#include "chapters/06_data_parallel/bench.cpp"
}
namespace scaling_program {
#include "chapters/06_data_parallel/scaling.cpp"
}
namespace sums_program {
#include "chapters/06_data_parallel/order_of_sums.cpp"
}
#undef main

namespace {

using data_sets::tiny_data;

// With data_sets::tiny_data the benchmarks' networks are 4-512-256-3 and 4-(512 x 8)-3.
constexpr size_t small_network = 4 * 512 + 512 + 512 * 256 + 256 + 256 * 3 + 3;
constexpr size_t large_network = 4 * 512 + 512 + 7 * (512 * 512 + 512) + 512 * 3 + 3;

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}
double quarter(std::vector<double> values, int quarters) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * size_t(quarters) / 4];
}

// What one setting without overlap has in each round.
struct Expected {
  std::vector<double> step, speedup, exchanging, alone, of_limit;
};

// Replays the readings of take_turns: buckets[s] says in how many pieces setting s exchanges.
struct Replayed {
  std::vector<KnownClock> clocks;
  std::vector<double> serial, latency, limit;
  std::vector<Expected> settings;

  // Two readings for the copy and two for the exchange of every piece; then once more for all copies and the loss.
  static double exchange(KnownClock& clock, int buckets) {
    double exchanging = 0;
    for (int part = 0; part <= buckets; ++part) clock.section(), exchanging += clock.section();
    return exchanging;
  }
  static double exchange_in_time(KnownClock& clock, int buckets, double* exchanging) {
    const double begin = clock.read();
    *exchanging = exchange(clock, buckets);
    return clock.read() - begin;
  }

  Replayed(const std::vector<int>& buckets, int rounds, int steps, double unit = 0x1p-30) : settings(buckets.size()) {
    for (int r = 0; r < ranks; ++r) clocks.emplace_back(r, unit), clocks.back().read();  // the timer of the core share
    for (int round = 0; round < rounds; ++round) {
      for (int r = 0; r < ranks && ranks > 1; ++r) {
        double best = INFINITY;
        for (int attempt = 0; attempt < 5; ++attempt) best = std::min(best, 1e9 * clocks[size_t(r)].section() / 100);
        if (r == rank) latency.push_back(best);
      }
      serial.push_back(serial_turn(clocks[0], steps));
      double at_once = 0;
      for (KnownClock& clock : clocks) at_once = std::max(at_once, serial_turn(clock, steps));
      limit.push_back(serial.back() / at_once * ranks);
      for (size_t s = 0; s < settings.size(); ++s) turn(settings[s], buckets[s], steps);
    }
  }

  static double serial_turn(KnownClock& clock, int steps) {
    std::vector<double> seconds;
    clock.read();
    for (int i = 0; i < steps; ++i) seconds.push_back(clock.section());
    clock.read();
    return middle(seconds);
  }

  void turn(Expected& setting, int buckets, int steps) {
    double slowest = 0, sum = 0, alone[3] = {};
    for (KnownClock& clock : clocks) {
      std::vector<double> step, exchanging;
      for (int warm = 0; warm < 2; ++warm) exchange(clock, buckets);
      clock.read();
      for (int i = 0; i < steps; ++i) step.push_back(exchange_in_time(clock, buckets, &exchanging.emplace_back()));
      clock.read();
      slowest = std::max(slowest, middle(step));
      sum += middle(exchanging);
      double ignored;
      for (double& time : alone) time = std::max(time, exchange_in_time(clock, buckets, &ignored));
    }
    setting.step.push_back(slowest);
    setting.speedup.push_back(serial.back() / slowest);
    setting.of_limit.push_back(serial.back() / slowest / limit.back());
    setting.exchanging.push_back(sum / ranks);
    setting.alone.push_back(middle({alone[0], alone[1], alone[2]}));
  }
};

template <class... Values>
std::string format(const char* text, Values... values) {
  char line[400];
  std::snprintf(line, sizeof line, text, values...);
  return line;
}

const char* quiet_if_cores() { return ranks <= usable_cores() ? "quiet" : "MORE RANKS THAN CORES"; }

// What both tables begin with.
std::string heading(const Replayed& r, size_t parameters, int batch, int rounds, int steps) {
  std::string text = format("%zu parameters, batch %d, %d ranks\n", parameters, batch, ranks) +
                     format("serial: %.3f ms a step, %.0f samples/s (median of %d rounds of %d steps; quartiles %.3f and %.3f ms)\n",
                            1000 * middle(r.serial), batch / middle(r.serial), rounds, steps, 1000 * quarter(r.serial, 1),
                            1000 * quarter(r.serial, 3));
  if (ranks > 1)
    text += format("limit: %d serial programs at once make %.2f times the steps of one (quartiles %.2f to %.2f)\n", ranks, middle(r.limit),
                   quarter(r.limit, 1), quarter(r.limit, 3)) +
            format("core to core: %.0f ns (%.0f to %.0f ns)\n", middle(r.latency), *std::min_element(r.latency.begin(), r.latency.end()),
                   *std::max_element(r.latency.begin(), r.latency.end()));
  return text + format("a rank was without its core for 0.0 %% of the time: %s\n", quiet_if_cores());
}

class Tables : public testing::Test {
 protected:
  void SetUp() override {
    if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts, and the benchmark leaves out what they cannot do";
  }
};
using Bench = Tables;
using Scaling = Tables;

TEST_F(Bench, PrintsWhatTheClockSays) {
  const Dataset data = tiny_data(40);
  bench_program::Choices c;
  c.rounds = 5, c.steps = 2, c.batch = 4, c.only = "64 KiB";
  const double unit = 0x1p-20;  // so that microseconds tell the ranks apart
  const ClocksOfTest by_test(rank, unit, 1000);
  const std::string text = printed_by([&] { bench_program::bench_settings(data, c, *session_of_test); });
  const int buckets = int((small_network + 16383) / 16384);
  const Replayed r({buckets}, 5, 2, unit);
  const Expected& s = r.settings[0];
  const std::string expected =
      "4-512-256-3, " + heading(r, small_network, 4, 5, 2) +
      format("\n%-34s %9s %9s %17s %9s %12s %10s\n", "", "ms a step", "speedup", "(quartiles)", "of limit", "exchange, us", "alone, us") +
      format("%-34s %9.3f %9.2f    (%5.2f to %5.2f) %7.0f %% %12.0f %10.0f\n", "rank-order, 64 KiB", 1000 * middle(s.step),
             middle(s.speedup), quarter(s.speedup, 1), quarter(s.speedup, 3), 100 * middle(s.of_limit), 1e6 * middle(s.exchanging),
             1e6 * middle(s.alone));
  EXPECT_EQ(text, rank == 0 ? expected : "");
}

// At least three rounds of three steps; half the rounds and a third of the steps.
TEST_F(Bench, PrintsWhatOverlapHides) {
  const Dataset data = tiny_data(40);
  for (auto [rounds, steps, rounds_here, steps_here] : {std::array{8, 1, 4, 3}, std::array{1, 12, 3, 4}}) {
    bench_program::Choices c;
    c.rounds = rounds, c.steps = steps, c.batch = 4, c.only = "mpi, all";
    const ClockOfTest by_test{KnownClock(rank)};
    const std::string text = printed_by([&] { bench_program::bench_overlap(data, c, *session_of_test); });
    const Replayed r({1}, rounds_here, steps_here);
    const Expected& s = r.settings[0];
    const std::string expected =
        "\n4-(512 x 8)-3, " + heading(r, large_network, 4, rounds_here, steps_here) +
        format("\n%-34s %9s %9s %12s %10s %11s\n", "", "ms a step", "speedup", "exchange, us", "alone, us", "hidden") +
        format("%-34s %9.3f %9.2f %12.0f %10.0f %9.0f %%\n", "mpi, all at once", 1000 * middle(s.step), middle(s.speedup),
               1e6 * middle(s.exchanging), 1e6 * middle(s.alone), 100 - 100 * middle(s.exchanging) / middle(s.alone));
    EXPECT_EQ(text, rank == 0 ? expected : "");
  }
}

// The first column of a table, without its blanks.
std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream lines(text.substr(text.find(" us\n") == std::string::npos ? text.find("hidden\n") + 7 : text.find("alone, us\n") + 10));
  for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.substr(0, 34).find_last_not_of(' ') + 1));
  return names;
}

TEST_F(Bench, HasEverySetting) {
  const Dataset data = tiny_data(20);
  bench_program::Choices c;
  c.rounds = c.steps = 1, c.batch = 3;
  const std::string text = printed_by([&] { bench_program::bench_settings(data, c, *session_of_test); });
  if (rank == 0) {
    EXPECT_EQ(names_in(text), (std::vector<std::string>{"rank-order", "reduce-broadcast", "recursive-doubling", "ring", "rabenseifner",
                                                        "two-level", "shared-window", "mpi", "rank-order, 64 KiB", "rank-order, 1024 KiB",
                                                        "rank-order, 256 KiB, overlap", "mpi, 256 KiB, overlap",
                                                        "reproducible, " + std::to_string(ranks) + " micro-batches"}))
        << text;
  }
  c.only = "mpi";
  if (ranks > 1) return;
  const std::string overlap = printed_by([&] { bench_program::bench_overlap(data, c, *session_of_test); });
  EXPECT_EQ(names_in(overlap), (std::vector<std::string>{"mpi, all at once", "mpi, 1024 KiB", "mpi, 1024 KiB, overlap", "mpi, 4096 KiB",
                                                         "mpi, 4096 KiB, overlap"}))
      << overlap;
}

// The status by a clock that says that the cores were ours, or somebody else's; in one of the two tables.
TEST_F(Bench, EndsWithStatus77IfSomebodyElseHadTheCores) {
  const data_sets::DataSet data({40, 2, 2, 3}, {40, 2, 2, 3});
  struct Case {
    double unit;  // of the clock
    const char* only;
    bool only_if_quiet;
  };
  for (auto [unit, only, only_if_quiet] : {Case{1, "64 KiB", true}, Case{1, "mpi, all", true}, Case{1, "64 KiB", false}, Case{0x1p-40, "64 KiB", true}}) {
    if (ranks > 1 && only_if_quiet == (unit < 1)) continue;
    std::vector<std::string> options = {"--data", data.folder, "--rounds", "1", "--steps", "1", "--batch", "4", "--only", only};
    if (only_if_quiet) options.push_back("--only-if-quiet");
    Arguments arguments(options);
    const ClockOfTest by_test{KnownClock(rank, unit)};
    int status = -1;
    const std::string text = printed_by([&] { status = bench_program::bench(*session_of_test, arguments.count(), arguments.values()); });
    const bool quiet = unit < 1 && ranks <= usable_cores();
    EXPECT_EQ(status, only_if_quiet && !quiet ? 77 : 0) << text;
    if (rank != 0) {
      EXPECT_EQ(text, "");
    }
  }
}

// A table without a setting is not begun, and a benchmark without one is an error.
TEST_F(Bench, RefusesToMeasureNothing) {
  const data_sets::DataSet data({40, 2, 2, 3}, {40, 2, 2, 3});
  const auto said = [&](int (*program)(MpiSession&, int, char**), std::vector<std::string> options, std::string* printed) {
    options.insert(options.begin(), {"--data", data.folder});
    Arguments arguments(options);
    std::string error;
    *printed = printed_by([&] { error = error_of([&] { program(*session_of_test, arguments.count(), arguments.values()); }); });
    return error;
  };
  std::string text;
  EXPECT_EQ(said(bench_program::bench, {"--batch", "40", "--only", "no such setting"}, &text),
            "--only no such setting: no setting's name has this in it; without --only the tables show all of them");
  EXPECT_EQ(text, rank == 0 ? machine_name() + "\n" : "");
  EXPECT_EQ(said(bench_program::bench, {"--batch", "41"}, &text), "--batch: 41 is more than the 40 training samples");
  EXPECT_EQ(said(scaling_program::scaling, {}, &text), "the largest batch: 1024 is more than the 40 training samples");
  EXPECT_EQ(said(sums_program::show, {}, &text), rank == 0 ? "the batch: 128 is more than the 40 training samples" : "");
  EXPECT_EQ(text, "");
}

// A benchmark of training trains: whole batches one after the other, and again from the first; one micro-batch for each rank.
TEST(Trainer, EndsWithTheWeightsOfChapter01) {
  const Dataset data = tiny_data(23);
  for (bool reproducible : {false, true}) {
    DataParallelOptions o(ranks);
    o.hidden = {6, 5};
    o.batch = 5;
    o.watch = 0;
    o.reproducible = reproducible;
    if (reproducible) o.micro_batches = 2 * ranks;
    Trainer trainer(o, data);
    const auto device = make_cpu_device();
    SerialTraining serial(*device, {4, 6, 5, 3}, {}, 5, 1);
    EXPECT_EQ(trainer.parameters(), 4u * 6 + 6 + 6 * 5 + 5 + 5 * 3 + 3);
    for (size_t step = 0; step < 6; ++step) {
      trainer.step();
      if (step == 2) trainer.exchange_alone();  // leaves the weights alone
      serial.step(data, permutation(1, 0, 23), {step % 4 * 5, step % 4 * 5 + 5}, reproducible ? 2 * ranks : ranks);
      ASSERT_ON_ALL_RANKS(compare(trainer.weights(), serial.weights()).same_bits()) << "step " << step;
    }
  }
}

// Clocks that let a rank be late at one of its readings, and note at another one whether the late rank had come.
struct Lateness {
  int reads = 0, late_at = 0, look_at = 0;
  float* come = nullptr;
  bool seen = true;
};
Lateness lateness;
double late_clock() {
  const int reading = ++lateness.reads;
  if (reading == lateness.late_at) {
    usleep(30000);
    std::atomic_ref<float>(*lateness.come) = 1.0f;
  }
  if (reading == lateness.look_at) lateness.seen = std::atomic_ref<float>(*lateness.come) == 1.0f;
  return reading;
}

// Whether rank `looker` at its reading sees that rank `late` had got to its own.
bool has_come(int late, int late_at, int looker, int look_at, const std::function<void()>& work) {
  SharedWindow come(MPI_COMM_WORLD, 1);
  lateness = {.late_at = rank == late ? late_at : 0, .look_at = rank == looker ? look_at : 0, .come = come.of(0)};
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const ClockOfTest by_test(late_clock);
  work();
  return lateness.seen;
}

// Alone: begun by all at once. In turns: the serial step is over before others begin, and a setting is timed when all are warm.
TEST_F(Tables, TimesBeginWhenAllHaveCome) {
  if (ranks != 2) GTEST_SKIP() << "skipped: for two ranks";
  const Dataset data = tiny_data(20);
  DataParallelOptions o(ranks);
  o.hidden = {5};
  o.batch = 4;
  o.watch = 0;
  std::vector<Setting> settings;
  settings.push_back(make_setting("rank-order", o, data));
  const auto alone = [&] {
    if (rank == 1) clock_seconds();
    settings[0].trainer->exchange_alone();
  };
  EXPECT_ON_ALL_RANKS(has_come(1, 1, 0, 1, alone));
  const auto turns = [&] { take_turns(settings, o, data, 1, 2, *session_of_test); };
  const int core_to_core = 10, share = 1, serial = 6, exchange = 8;
  EXPECT_ON_ALL_RANKS(has_come(0, share + core_to_core + serial, 1, share + core_to_core + 1, turns)) << "the serial step";
  EXPECT_ON_ALL_RANKS(has_come(0, share + core_to_core + 2 * serial, 1, share + core_to_core + serial + 1, turns)) << "serial steps at once";
  EXPECT_ON_ALL_RANKS(has_come(1, share + core_to_core + serial + 2 * exchange, 0, share + core_to_core + 2 * serial + 2 * exchange + 1, turns)) << "a setting";
}

TEST_F(Scaling, PrintsWhatTheClockSays) {
  const Dataset data = tiny_data(800);
  struct Case {
    int batch, serial_batch, steps;
  };
  for (const Case c : {Case{183, 61, 6}, Case{640, 640, 3}}) {
    const int batch = c.batch;
    const ClockOfTest by_test{KnownClock(rank)};
    Verdict verdict{};
    const std::string text =
        printed_by([&] { verdict = scaling_program::measure("some", batch, c.serial_batch, 3, data, *session_of_test); });
    const Replayed r({1}, 3, c.steps);
    const Expected& s = r.settings[0];
    const double speedup = middle(s.speedup) * batch / c.serial_batch;
    EXPECT_EQ(text, rank > 0 ? ""
                             : format("some,%d,%d,%.0f,%.2f,%.2f,0.0,%s\n", ranks, batch, batch / middle(s.step), speedup, speedup / ranks,
                                      quiet_if_cores()));
    EXPECT_STREQ(name_of(verdict), quiet_if_cores());
  }
}

// A clock on which so many readings are a second apart, and the others next to nothing: what somebody else had of the cores.
struct ClockOfAThief {
  explicit ClockOfAThief(int seconds) { left = seconds, now = 0; }
  static inline int left;
  static inline double now;
  const ClockOfTest wall{[] { return now += left-- > 0 ? 1 : 0x1p-40; }};
};

// Of three lines one is enough, whichever it is.
TEST_F(Scaling, TellsWhatWasLostAndOneDisturbedLineIsEnough) {
  if (ranks > usable_cores()) GTEST_SKIP() << "skipped: more ranks than cores";
  const Dataset data = tiny_data(800);
  const data_sets::DataSet in_files({1024, 2, 2, 3}, {40, 2, 2, 3});
  {
    const ClockOfAThief always(1 << 30);
    const auto usual = std::exchange(processor_seconds, [] { return 0.0; });
    const std::string text = printed_by([&] { scaling_program::measure("some", 640, 640, 1, data, *session_of_test); });
    EXPECT_EQ(text.substr(std::min(text.size(), text.find(",100.0"))), rank > 0 ? "" : ",100.0,DISTURBED\n") << text;
    const std::string table = printed_by([&] {
      bench_program::Choices c;
      c.rounds = c.steps = 1, c.batch = 4, c.only = "64 KiB";
      bench_program::bench_settings(data, c, *session_of_test);
    });
    EXPECT_EQ(bool(contains(table, "a rank was without its core for 100.0 % of the time: DISTURBED\n")), rank == 0) << table;
    processor_seconds = usual;
  }
  Arguments arguments({"--data", in_files.folder, "--rounds", "1", "--only-if-quiet"});
  const ClockOfAThief in_the_first_line(30);
  int status = -1;
  printed_by([&] { status = scaling_program::scaling(*session_of_test, arguments.count(), arguments.values()); });
  EXPECT_EQ(status, 77);
}

TEST_F(Scaling, HasThreeLinesAndAStatus) {
  const data_sets::DataSet data({1024, 2, 2, 3}, {40, 2, 2, 3});
  for (double unit : {0x1p-40, 1.0})
    for (bool only_if_quiet : {true, false}) {
      if (ranks > 1 && only_if_quiet == (unit < 1)) continue;
      std::vector<std::string> options = {"--data", data.folder, "--rounds", "1"};
      options.push_back(only_if_quiet ? "--only-if-quiet" : "--header");
      Arguments arguments(options);
      const ClockOfTest by_test{KnownClock(rank, unit)};
      int status = -1;
      const std::string text =
          printed_by([&] { status = scaling_program::scaling(*session_of_test, arguments.count(), arguments.values()); });
      EXPECT_EQ(status, only_if_quiet && unit == 1 && ranks <= usable_cores() ? 77 : 0) << text;
      std::string begins;
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) begins += line.substr(0, line.find(',', line.find(',', line.find(',') + 1) + 1)) + ";";
      const std::string r = std::to_string(ranks);
      EXPECT_EQ(begins, rank > 0 ? "" : std::string(only_if_quiet ? "" : "kind,ranks,batch;") + "strong128," + r + ",128;strong1024," + r +
                                            ",1024;weak," + r + "," + std::to_string(128 * ranks) + ";");
    }
}

// ---- order_of_sums.cpp ----

std::string bits(const char* what, float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  return format("  %-36s %+.9e   %08x\n", what, value, word);
}

TEST(OrderOfSums, ShowsTheFirstWeightThatDiffersInAllOrders) {
  Arguments arguments({"--data", "build/data"});
  int status = -1;
  const std::string text = printed_by([&] { status = sums_program::show(*session_of_test, arguments.count(), arguments.values()); });
  EXPECT_EQ(status, 0);
  if (rank > 0) {
    EXPECT_EQ(text, "");
    return;
  }
  const Dataset data = read_mnist_train("build/data");
  const auto device = make_cpu_device();
  const Layout layout = make_layout({784, 512, 256, 10});
  std::vector<float> w(layout.count), g[4];
  initialize(w.data(), layout, 1);
  const std::vector<uint32_t> order = permutation(1, 0, 60000);
  for (size_t part = 0; part < 4; ++part) {
    g[part].resize(layout.count);
    Mlp mlp(*device, layout, w.data(), g[part].data(), {.rows = 32});
    SoftmaxHead head(*device, {.rows = 32});
    load_images(mlp, data, order, {32 * part, 32 * part + 32});
    head.load_labels(data, order, {32 * part, 32 * part + 32});
    mlp.forward(32);
    head.backward(mlp, 128);
    mlp.backward(Write::overwrite);
  }
  size_t pairs_differ = 0, ring_differs = 0, first = layout.count;
  const auto sums = [&](size_t i) {
    const float one = g[0][i] + g[1][i], two = one + g[2][i], pair = g[2][i] + g[3][i], ring = g[1][i] + g[2][i], ring3 = ring + g[3][i];
    return std::array<float, 3>{two + g[3][i], one + pair, ring3 + g[0][i]};
  };
  for (size_t i = 0; i < layout.count; ++i) {
    const auto [in_order, in_pairs, in_ring] = sums(i);
    pairs_differ += in_order != in_pairs;
    ring_differs += in_order != in_ring;
    if (in_order != in_pairs && in_order != in_ring && in_pairs != in_ring && first == layout.count) first = i;
  }
  ASSERT_LT(first, layout.count);
  const auto [in_order, in_pairs, in_ring] = sums(first);
  EXPECT_EQ(text, format("Weight %zu of 535818, its gradient from four times 32 images, and the bits of the float:\n", first) +
                      bits("g0", g[0][first]) + bits("g1", g[1][first]) + bits("g2", g[2][first]) + bits("g3", g[3][first]) +
                      "Their sum:\n" + bits("((g0 + g1) + g2) + g3   rank order", in_order) + bits("(g0 + g1) + (g2 + g3)   in pairs", in_pairs) +
                      bits("((g1 + g2) + g3) + g0   ring", in_ring) +
                      format("  %-36s %+.9e\n", "in double precision",
                             double(g[0][first]) + double(g[1][first]) + double(g[2][first]) + double(g[3][first])) +
                      format("Of all 535818 gradients %.0f %% have other bits in pairs than in rank order, %.0f %% in that ring order.\n",
                             double(pairs_differ) / 5358.18, double(ring_differs) / 5358.18));
  Arguments none({});  // the data are in build/data
  EXPECT_EQ(printed_by([&] { sums_program::show(*session_of_test, none.count(), none.values()); }), text);
}

// ---- data_parallel_report.cpp ----

double hand = 0;

// An exchange that took the time that the test says.
struct TimedExchange : Exchange {
  TimedExchange(const DataParallelOptions& o, Mlp& mlp, float* gradients, double exchanging, double copying)
      : Exchange(o, 20, mlp, gradients, MPI_COMM_WORLD) {
    time_ = {exchanging, copying};
  }
  Range begin(Range batch, int) override { return batch; }
  double sum_over_ranks(double loss) override { return loss; }
};

// Replicas are compared before the first step and then every three; the rate is that of the step that ends.
TEST(Exchange, ComparesNowAndThenAndKnowsItsStep) {
  struct Counting : CpuDevice {
    int copies = 0;
    void copy_bytes_out(void* host, const void* device, size_t bytes) override { ++copies, CpuDevice::copy_bytes_out(host, device, bytes); }
  } device;
  const Layout layout = make_layout({4, 3});
  std::vector<float> weights(layout.count, 0.5f), gradients(layout.count);
  Mlp mlp(device, layout, weights.data(), gradients.data(), {});
  for (int watch : {0, 3}) {
    DataParallelOptions o(ranks);
    o.batch = 6;  // 4 steps in an epoch of 20 samples
    o.watch = watch;
    o.warm_up = 2;
    TimedExchange exchange(o, mlp, gradients.data(), 0, 0);
    device.copies = 0;
    for (int step = 1; step <= 10; ++step) {
      EXPECT_EQ(exchange.finish(0.25), 0.25);
      EXPECT_EQ(exchange.rate_scale(), std::min(1.0, step / 8.0));
    }
    EXPECT_EQ(device.copies, watch == 0 ? 0 : 4);
    if (ranks == 2) {
      if (rank == 1) weights[2] = 0.75f;
      const std::string error = error_of([&] { exchange.compare_replicas(); });
      EXPECT_EQ(error, "after step 10 the weights of rank 0, 1 differ from each other");
      weights[2] = 0.5f;
    }
  }
}

// The report of a run of one step of so many seconds on this rank.
std::string report(const DataParallelOptions& o, double seconds, double exchanging, double copying, float weight = 0.5f) {
  const Dataset data = tiny_data(20);
  const ClockOfTest by_hand([] { return hand; });
  const auto device = make_cpu_device();
  const Layout layout = make_layout({4, 3});
  std::vector<float> weights(layout.count, weight), gradients(layout.count);
  Mlp mlp(*device, layout, weights.data(), gradients.data(), {});
  const TimedExchange exchange(o, mlp, gradients.data(), exchanging, copying);
  return printed_by([&] {
    DataParallelReport report(o, data, exchange);
    hand += seconds;
    if (seconds > 0) report.step(1, 20);
    EXPECT_EQ(report.end(weights), 0);
  });
}

std::string line_with(const std::string& text, const std::string& begin) {
  const size_t at = text.find(begin);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) + 1 - at);
}

// Shares of the mean rank's time, and of the rank that computed longest: here the last one.
TEST(Report, TellsWhereTheTimeWent) {
  DataParallelOptions o(ranks);
  o.batch = 20;
  // Rank 0: 10 s, of which 5 exchanging and 1 copying. Rank 1: 12 s, 1 and 3. So 4 and 8 s of 10 and 12 are left for computing.
  const std::string text = rank == 0 ? report(o, 10, 5, 1) : report(o, 12, 1, 3);
  if (rank > 0) {
    EXPECT_EQ(text, "");
  }
  const std::string one = "time: computing 40.0 %, exchanging 50.0 %, copying 10.0 %; rank 0 computed longest, 40.0 %\n",
                    two = "time: computing 54.5 %, exchanging 27.3 %, copying 18.2 %; rank 1 computed longest, 66.7 %\n";
  if (rank == 0) {
    EXPECT_EQ(line_with(text, "time:"), ranks == 1 ? one : two);
  }
  const std::string of_first = rank == 0 ? report(o, 12, 1, 3) : report(o, 10, 5, 1);
  if (rank == 0) {
    EXPECT_TRUE(contains(of_first, "rank 0 computed longest, 66.7 %"));
  }
  // Of two that computed equally long, the first; and of no time no shares are told.
  const std::string equal = report(o, 10, 5, 1), none = report(o, 0, 0, 0);
  if (rank == 0) {
    EXPECT_EQ(line_with(equal, "time:"), one);
    EXPECT_EQ(line_with(none, "time:"), "");
    EXPECT_TRUE(contains(none, "distance to the serial run: not measured (--compare-with-serial does)\n"));
  }
}

// A replica that drifted off in the last step is noticed at the end.
TEST(Report, ComparesTheReplicasAtTheEnd) {
  DataParallelOptions o(ranks);
  o.batch = 20;
  const std::string error = error_of([&] { report(o, 0, 0, 0, rank == 0 ? 0.5f : 0.75f); });
  EXPECT_EQ(error, ranks == 1 ? "" : "after step 0 the weights of rank 0, 1 differ from each other");
}

TEST(Report, SaysHowGradientsAreAdded) {
  DataParallelOptions o(ranks);
  o.batch = 20;
  const std::string begin = ranks == 1 ? "1 rank, " : "2 ranks, ";
  const auto said = [&] {
    const std::string text = report(o, 0, 0, 0);
    return rank > 0 ? begin : line_with(text, begin).substr(begin.size());
  };
  const auto expect = [&](const std::string& text) { EXPECT_EQ(said(), rank > 0 ? begin : text); };
  expect("allreduce rank-order, all gradients at once\n");
  o.allreduce = "ring", o.bucket_kib = 1;
  expect("allreduce ring, 1 KiB at a time\n");
  o.overlap = true;
  expect("allreduce ring, 1 KiB at a time, while backward goes on\n");
  o.reproducible = true, o.micro_batches = 3;
  expect(std::string("reproducible: 3 micro-batches added in order, at most ") + (ranks == 1 ? "100" : "75") + " % of the ranks busy\n");
}

}  // namespace
