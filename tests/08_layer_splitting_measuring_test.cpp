// What chapter 08 measures, draws and reports, with clocks that are known beforehand: times of a pipeline, the benchmark's table,
// the plan's drawings, a run's lines. All of it is computed another way here.
// ranks: 1 2 3
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/require_samples.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/08_layer_splitting/actions.h"
#include "chapters/08_layer_splitting/check.h"
#include "chapters/08_layer_splitting/idle.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "chapters/08_layer_splitting/pipeline_options.h"
#include "chapters/08_layer_splitting/pipeline_report.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/timer.h"
#include "common/writable.h"
#include "tests/08_known_stage.h"
#include "tests/data_sets.h"
#include "tests/known_share.h"
#include "tests/mpi_expect.h"
#include "tests/options_told.h"
#include "tests/schedule_times.h"
#include "tests/session_on_a_node.h"

namespace bench_program {
// Counts the products of forward passes by their rows, and the updates.
struct CountingDevice : CpuDevice {
  static inline std::map<int, int> products;
  static inline int updates = 0;
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation a, int rows, int in, int out) override {
    ++products[rows];
    CpuDevice::linear_forward(y, x, w, b, a, rows, in, out);
  }
  void sgd(float* w, const float* g, float rate, size_t n) override { ++updates, CpuDevice::sgd(w, g, rate, n); }
};
std::unique_ptr<Device> device_of_test() { return std::make_unique<CountingDevice>(); }
int slept = 0;
void sleep_of_test(MPI_Comm comm) { ++slept, sleep_until_all_are_here(comm); }
#define make_cpu_device device_of_test
#define sleep_until_all_are_here sleep_of_test
#include "chapters/08_layer_splitting/bench.cpp"
#undef make_cpu_device
#undef sleep_until_all_are_here
}
// On a node with as many ranks as a test says.
namespace on_a_node {
int run_with_mpi(int, char**, int (*)(SessionOnANode&, int, char**)) { return 0; }
#define MpiSession SessionOnANode
#include "chapters/08_layer_splitting/bench.cpp"
#undef MpiSession
}
namespace train_program {
int run_with_mpi(int, char**, int (*)(SessionOnANode&, int, char**)) { return 0; }
int asked_for = -1;
std::unique_ptr<Device> device_of_test(const std::string&, int node_rank) {
  asked_for = node_rank;
  return std::make_unique<CpuDevice>();
}
int spoiled = 0;  // then it begins with the weights of another seed
#define MpiSession SessionOnANode
#define make_device device_of_test
#define initialize(weights, layout, seed) initialize(weights, layout, (seed) + spoiled)
#include "chapters/08_layer_splitting/train.cpp"
#undef MpiSession
#undef make_device
#undef initialize
}
namespace plan_program {
#include "chapters/08_layer_splitting/plan.cpp"
}

namespace {

int run(int program(MpiSession&, int, char**), const std::vector<std::string>& options, std::string& printed) {
  Arguments arguments(options);
  int status = -1;
  printed = printed_by([&] { status = program(*session_of_test, arguments.count(), arguments.values()); });
  return status;
}

// --- A schedule's times ---------------------------------------------------------------------------------------------

// With the multiplications of each chunk: forward one product for each layer, backward two, but one in the network's first layer.
// Every so many-th output of a chunk is kept, and its last one: the others are computed once more.
Times times_by_products(const Schedule& s, const std::vector<int>& sizes, const std::vector<Range>& chunks, size_t keep_every = 1) {
  std::vector<double> forward, backward;  // dw has as many as forward
  for (const Range& chunk : chunks) {
    forward.push_back(0), backward.push_back(0);
    for (size_t l = chunk.first; l < chunk.last; ++l) {
      const bool again = l + 1 < chunk.last && (l + 1 - chunk.first) % keep_every != 0;
      forward.back() += double(sizes[l]) * sizes[l + 1];
      backward.back() += ((l == 0 ? 1 : 2) + (again ? 1 : 0)) * double(sizes[l]) * sizes[l + 1];
    }
  }
  return times_of(s, forward, backward, 0, forward);
}

// --- Which reading of the clock counts for what: a stage's step, as pipeline.h describes its times -----------------------

void known_walk(PipelineTime& time, KnownClock& clock, const Schedule& schedule, int stage) {
  for (const Step& step : schedule.steps[size_t(stage)]) {
    const int direction = step.pass == Pass::forward ? 1 : -1;
    const auto is_chunk = [&](int chunk) { return step.pass != Pass::weights && chunk >= 0 && chunk < schedule.chunks(); };
    if (is_chunk(step.chunk - direction) && schedule.stages > 1) {  // its input has to come
      const double begin = clock.read(), there = clock.read();
      time.waiting += there - begin;
      time.copying += clock.read() - there;
    }
    if (is_chunk(step.chunk + direction)) time.waiting += clock.section();  // for the message that was in its output
    const bool sends = is_chunk(step.chunk + direction) && schedule.stages > 1;
    const double begin = clock.read();
    const double sending = sends && direction < 0 ? clock.section() : 0;  // a gradient leaves before the last product
    time.computing += clock.read() - begin - sending;
    time.copying += sending;
    if (sends && direction > 0) time.copying += clock.section();  // for MPI
  }
  time.waiting += clock.section();  // for all messages that are under way
}

void known_step(PipelineTime& time, KnownClock& clock, const Schedule& schedule, int stage) {
  const double begin = clock.read();
  known_walk(time, clock, schedule, stage);
  time.waiting += clock.section();  // for the loss
  time.total += clock.read() - begin;
}

// Several steps, with an evaluation between them that counts for nothing.
TEST(Time, OfEachKindIsWhatTheClockSays) {
  for (const PipelineOptions& o : {options_of("naive", 1, 3, eight, 20), options_of("gpipe", 1, 5, eight, 20),
                                   options_of("1f1b", 1, 4, eight, 20), options_of("zb-h1", 1, 4, eight, 20), options_of("interleaved", 2, 5, eight, 20)}) {
    Trained trained(o);
    const Schedule schedule = o.make_schedule();
    KnownClock clock(rank());
    PipelineTime expected;
    {
      const ClockOfTest known{clock};
      for (int i = 0; i < 3; ++i) {
        trained.step({0, 20});
        known_step(expected, clock, schedule, rank());
        if (i == 1) {
          trained.pipeline.count_correct(trained.data);
          PipelineTime nothing;
          known_walk(nothing, clock, make_evaluation_schedule(schedule, (50 + o.largest_micro_batch() - 1) / o.largest_micro_batch()), rank());
        }
      }
    }
    const PipelineTime found = trained.pipeline.time();
    EXPECT_ON_ALL_RANKS(found.computing == expected.computing) << o.schedule << found.computing << " " << expected.computing;
    EXPECT_ON_ALL_RANKS(found.waiting == expected.waiting) << o.schedule << found.waiting << " " << expected.waiting;
    EXPECT_ON_ALL_RANKS(found.copying == expected.copying) << o.schedule << found.copying << " " << expected.copying;
    EXPECT_ON_ALL_RANKS(found.total == expected.total) << o.schedule << found.total << " " << expected.total;
  }
}

// --- The report --------------------------------------------------------------------------------------------------------

double idle_of(const Schedule& schedule, int steps) {
  double computing = 0, total = 0;
  for (int r = 0; r < ranks(); ++r) {
    KnownClock clock(r);
    PipelineTime time;
    for (int i = 0; i < steps; ++i) known_step(time, clock, schedule, r);
    computing += time.computing, total += time.total;
  }
  return 1 - computing / total;
}

// Floats of a chunk's activations: the formula of the text.
double activations(const std::vector<int>& sizes, Range chunk, double rows, double slots, size_t keep_every) {
  double kept = 0, widest = 0;
  std::map<size_t, double> shared;  // places of those that are not kept
  for (size_t a = chunk.first; a <= chunk.last; ++a) {
    const bool inner = a > chunk.first && a < chunk.last;
    const size_t place = (a - chunk.first) % keep_every;
    if (inner && place > 0) shared[place] = std::max(shared[place], double(sizes[a]));
    else kept += sizes[a];
    if (inner) widest = std::max(widest, double(sizes[a]));
  }
  kept += sizes[chunk.last] + (chunk.first > 0 ? sizes[chunk.first] : 0);
  double all = slots * kept + 2 * widest + (chunk.last + 1 == sizes.size() ? 2 * slots : 0);
  for (const auto& place : shared) all += place.second;
  return rows * all;
}

TEST(Report, TellsPlanTimeAndMemory) {
  const std::vector<int64_t> wide = {190, 120, 80, 70, 110, 60, 100};
  PipelineOptions again = options_of("gpipe", 1, 5, wide, 48);
  again.recompute = 2;
  for (PipelineOptions o : {options_of("gpipe", 1, 5, wide, 48), options_of("interleaved", 2, 3, wide, 48), again}) {
    o.split = ranks() == 1 ? std::vector<int64_t>{5, 3} : ranks() == 2 ? std::vector<int64_t>{1, 3, 3, 1} : std::vector<int64_t>{1, 1, 2, 1, 1, 2};
    if (o.chunks == 1) o.split.clear();
    Trained trained(o);
    const std::vector<int> sizes = o.sizes(trained.data);
    const Schedule schedule = o.make_schedule();
    int status = -1;
    const std::string printed = printed_by([&] {
      PipelineReport report(o, trained.data, trained.pipeline);
      {
        const ClockOfTest known{KnownClock(rank())};
        trained.step({0, 48});
        trained.step({0, 48});
      }
      std::vector<float> weights(trained.parameters.data(), trained.parameters.data() + trained.layout.count);
      status = report.end(weights);
    });
    EXPECT_ON_ALL_RANKS(status == 0);
    if (rank() != 0) {
      EXPECT_EQ(printed, "");
      continue;
    }
    const std::vector<Range> chunks = o.layers(sizes);
    std::string plan = line("%d stage%s, %s, %d micro-batches; layers", ranks(), ranks() > 1 ? "s" : "", o.schedule.c_str(), int(o.micro_batches));
    std::string counted = "activations by stage: ", formula;
    for (int stage = 0; stage < ranks(); ++stage) {
      double floats = 0;
      if (stage > 0) plan += " |", formula += " | ";
      for (size_t c = size_t(stage); c < chunks.size(); c += size_t(ranks())) {
        plan += line(" %zu-%zu", chunks[c].first, chunks[c].last - 1);
        floats += activations(sizes, chunks[c], double((48 + o.micro_batches - 1) / o.micro_batches), schedule.slots[c], size_t(o.recompute));
      }
      formula += line("%.3f", 4 * floats / 1e6);
    }
    const std::vector<double> one(chunks.size(), 1), two(chunks.size(), 2);
    plan += line("\nplanned: idle %.1f %% if all chunks took equally long, %.1f %% with these\n", 100 * times_of(schedule, one, two).idle,
                 100 * times_by_products(schedule, sizes, chunks, size_t(o.recompute)).idle);
    EXPECT_TRUE(contains(printed, "\n" + plan)) << plan << printed;
    const std::string end = line("\nmeasured: idle %.1f %% of the stages' time\n", 100 * idle_of(schedule, 2)) + counted + formula +
                            " MB; by formula: " + formula + " MB\ndistance to the serial run: not measured (--compare-with-serial does)\n";
    EXPECT_TRUE(contains(printed, end)) << end << printed;
  }
}

// One bit of one weight of the last stage is enough.
TEST(Report, AnotherWeightThanThatOfTheSerialRunIsAStatus) {
  for (const bool spoiled : {false, true}) {
    PipelineOptions o = options_of("1f1b", 1, 4, eight, 20);
    o.epochs = 1, o.compare_with_serial = true;
    Trained trained(o);
    Optimizer optimizer(trained.device, o.optimizer, trained.layout.count);
    const std::vector<uint32_t> order = permutation(1, 0, trained.data.count);
    int status = -1;
    const std::string printed = printed_by([&] {
      PipelineReport report(o, trained.data, trained.pipeline);
      for (const Range batch : batches(trained.data.count, 20)) {
        report.step(trained.pipeline.step(trained.data, order, batch), batch.size());
        optimizer.step(trained.parameters, trained.gradients);
      }
      std::vector<float> weights(trained.parameters.data(), trained.parameters.data() + trained.layout.count);
      if (spoiled && rank() == ranks() - 1) weights[3] = std::nextafter(weights[3], 9.0f);
      status = report.end(weights);
    });
    EXPECT_ON_ALL_RANKS(status == (spoiled ? 1 : 0)) << status;
    EXPECT_TRUE(rank() != 0 || contains(printed, spoiled ? "\nserial run: DISAGREES, " : "\nserial run: agrees, ")) << printed;
  }
}

// --- The benchmark -----------------------------------------------------------------------------------------------------

double sorted_at(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[size_t(share * double(values.size() - 1))];
}

struct Measured {
  std::string schedule;
  int chunks, micro_batches;
  double planned = 0;
  std::vector<double> seconds, speedup, idle, lost;
};

// Every reading of every rank's clock, in the order in which the program takes them.
std::vector<Measured> measure(std::vector<KnownRank>& clocks, const Dataset& train, const bench_program::Choices& c,
                              std::vector<double>& serial) {
  std::vector<Measured> all;
  for (const char* name : {"naive", "gpipe", "1f1b"}) all.push_back({name, 1, 8, 0, {}, {}, {}, {}});
  for (int m : {2, 4, 16}) all.push_back({"1f1b", 1, m, 0, {}, {}, {}, {}});
  for (int m : {4, 8, 16}) all.push_back({"interleaved", 2, m, 0, {}, {}, {}, {}});
  std::vector<Schedule> schedules;
  for (Measured& m : all) {
    const PipelineOptions o = options_of(m.schedule.c_str(), m.chunks, m.micro_batches, c.hidden, c.batch);
    schedules.push_back(o.make_schedule());
    m.planned = times_by_products(schedules.back(), o.sizes(train), o.layers(o.sizes(train))).idle;
  }
  for (int64_t round = 0; round < c.rounds; ++round) {
    for (KnownRank& r : clocks) {
      r.new_share();
      r.begin();
      if (&r == &clocks.front()) {
        double best = 0;
        for (int way = 0; way < 2; ++way) {
          std::vector<double> seconds;
          for (int64_t i = 0; i < c.steps; ++i) seconds.push_back(r.wall.section());
          const double median = sorted_at(seconds, 0.5);
          best = way == 0 ? median : std::min(best, median);
        }
        serial.push_back(best);
      }
      r.end();
    }
    for (size_t s = 0; s < all.size(); ++s) {
      std::vector<double> slowest(size_t(c.steps), 0.0), computing = slowest, total = slowest, idle;
      double lost = 0;
      for (int rank = 0; rank < ranks(); ++rank) {
        KnownRank& r = clocks[size_t(rank)];
        const double used = r.used, passed = r.passed;  // of the serial steps in this round
        PipelineTime unused;
        known_step(unused, r.wall, schedules[s], rank);  // one step to warm up
        r.begin();
        for (size_t i = 0; i < size_t(c.steps); ++i) {
          PipelineTime time;
          const double begin = r.wall.read();
          known_step(time, r.wall, schedules[s], rank);
          slowest[i] = std::max(slowest[i], r.wall.read() - begin);
          computing[i] += time.computing, total[i] += time.total;
        }
        r.end();
        lost = std::max(lost, r.lost());
        r.used = used, r.passed = passed;
      }
      for (size_t i = 0; i < size_t(c.steps); ++i) idle.push_back(1 - computing[i] / total[i]);
      all[s].seconds.push_back(sorted_at(slowest, 0.5));
      all[s].speedup.push_back(serial.back() / all[s].seconds.back());
      all[s].idle.push_back(sorted_at(idle, 0.5));
      all[s].lost.push_back(lost);
    }
  }
  return all;
}

void expect_bench(double busy, bool only_if_quiet, int rounds, int steps, bool quiet) {
  const double unit = 0x1p-16;
  const data_sets::DataSet files({70, 5, 7, 12}, {12, 5, 7, 12});
  bench_program::Choices c;
  c.hidden = {15, 15, 15, 15, 15, 15};
  c.batch = 32, c.rounds = rounds, c.steps = steps;
  const std::string csv = scratch_file("08_bench.csv");
  std::vector<std::string> options = {"--data", files.folder, "--hidden", "15,15,15,15,15,15", "--batch", "32", "--rounds",
                                      std::to_string(rounds), "--steps", std::to_string(steps), "--csv", csv};
  if (only_if_quiet) options.push_back("--only-if-quiet");
  std::string printed;
  int status = -1;
  bench_program::CountingDevice::products.clear(), bench_program::CountingDevice::updates = bench_program::slept = 0;
  {
    const ClocksOfTest known(rank(), unit, busy);
    status = run(bench_program::bench, options, printed);
  }
  EXPECT_ON_ALL_RANKS(bench_program::slept == rounds) << "the others sleep while the serial program has its turn";
  // Whole batches of seven layers are the serial program's alone, in one of its two ways; every step ends with an update, those that warm up, too.
  EXPECT_ON_ALL_RANKS(bench_program::CountingDevice::products[32] == (rank() == 0 ? 7 * rounds * steps : 0)) << bench_program::CountingDevice::products[32];
  EXPECT_ON_ALL_RANKS(bench_program::CountingDevice::updates == rounds * (9 * (1 + steps) + (rank() == 0 ? 2 * steps : 0)));
  EXPECT_ON_ALL_RANKS(status == (only_if_quiet && !quiet ? 77 : 0)) << status;
  EXPECT_ON_ALL_RANKS(file_is_there(csv) == (rank() == 0 && status == 0));
  EXPECT_ON_ALL_RANKS(rank() == 0 || printed.empty());
  if (rank() != 0) return;

  std::vector<KnownRank> clocks = known_ranks(ranks(), unit, busy);
  std::vector<double> serial;
  const std::vector<Measured> all = measure(clocks, read_mnist_train(files.folder), c, serial);
  std::string text = machine_name() + line("\n35-(6 x 15)-12, batch 32, %d stage%s\n", ranks(), ranks() == 1 ? "" : "s") +
                     line("serial: %.1f ms a step (median of %d rounds of %d steps; quartiles %.1f and %.1f ms)\n\n",
                          1e3 * sorted_at(serial, 0.5), rounds, steps, 1e3 * sorted_at(serial, 0.25), 1e3 * sorted_at(serial, 0.75)) +
                     "schedule     chunks micro-batches  ms a step  speedup     (quartiles)   idle:  formula  planned measured\n";
  std::ostringstream table;
  table << "# " << machine_name() << ", serial step " << 1e3 * sorted_at(serial, 0.5) << " ms\n"
        << "schedule,chunks,micro_batches,ms,speedup,idle_formula,idle_planned,idle_measured\n";
  for (const Measured& m : all) {
    const double p = ranks(), formula = m.schedule == "naive" ? (p - 1) / p : (p - 1) / (m.chunks * m.micro_batches + p - 1);
    const Verdict v = verdict(sorted_at(m.lost, 0.5), session_of_test->node_size());
    text += line("%-12s %6d %13d %10.1f %8.2f  (%4.2f to %4.2f)         %7.1f%% %7.1f%% %7.1f%%%s%s\n", m.schedule.c_str(), m.chunks,
                 m.micro_batches, 1e3 * sorted_at(m.seconds, 0.5), sorted_at(m.speedup, 0.5), sorted_at(m.speedup, 0.25),
                 sorted_at(m.speedup, 0.75), 100 * formula, 100 * m.planned, 100 * sorted_at(m.idle, 0.5),
                 v == Verdict::quiet ? "" : "  ", v == Verdict::quiet ? "" : name_of(v));
    table << m.schedule << ',' << m.chunks << ',' << m.micro_batches << ',' << 1e3 * sorted_at(m.seconds, 0.5) << ','
          << sorted_at(m.speedup, 0.5) << ',' << formula << ',' << m.planned << ',' << sorted_at(m.idle, 0.5) << '\n';
    EXPECT_EQ(v == Verdict::quiet, quiet) << sorted_at(m.lost, 0.5);
  }
  EXPECT_EQ(printed, text);
  if (status == 0) {
    EXPECT_EQ(text_of_file(csv), table.str());
  }
  std::remove(csv.c_str());
}

TEST(Bench, PrintsAndWritesWhatTheClocksSay) {
  const bool enough = session_of_test->node_size() <= usable_cores();
  expect_bench(1000, true, 5, 3, enough);
  expect_bench(1, false, 2, 4, false);
  expect_bench(1, true, 1, 1, false);
}

// Too few cores for all ranks are enough, if those of a node have one each; and the other way round.
TEST(Bench, NeedsACoreForEachRankOfItsNode) {
  const on_a_node::Setting undisturbed{PipelineOptions(1), nullptr, 0, {}, {}, {}, {0.0}};
  EXPECT_TRUE(on_a_node::verdict_on(undisturbed, {0, 1}) == Verdict::quiet);
  EXPECT_TRUE(on_a_node::verdict_on(undisturbed, {0, usable_cores() + 1}) == Verdict::more_ranks_than_cores);
}

// By a real clock: a step of 100 million operations takes more than 0.02 ms on any core.
TEST(Bench, TimesSerialSteps) {
  const Dataset data = random_dataset(784, 512);
  PipelineOptions o = options_of("1f1b", 1, 1, {64}, 512);
  std::vector<bench_program::Serial> ways;
  ways.emplace_back(o, data);
  CoreShare share;
  EXPECT_GT(bench_program::time_serial(ways, 3, rank(), share), 20e-6);
}

TEST(Bench, SaysWhereItsTableCannotBe) {
  bench_program::Choices c;
  c.csv = "/no/such/folder/x.csv";
  EXPECT_EQ(error_of([&] { bench_program::write_csv({}, {0.5}, c); }), "/no/such/folder/x.csv: cannot be written");
}

TEST(Bench, SaysThatABatchIsMoreThanAllSamples) {
  const data_sets::DataSet files({30, 5, 7, 10}, {10, 5, 7, 10});
  std::string printed;
  EXPECT_EQ(error_of([&] { run(bench_program::bench, {"--data", files.folder, "--batch", "31"}, printed); }),
            "--batch: 31 is more than the 30 training samples");
}

TEST(Bench, TakesTheWholeBatchesInTurn) {
  PipelineOptions o(1);
  o.batch = 20;
  EXPECT_EQ(bench_program::full_batches(random_dataset(2, 59), o), (std::vector<Range>{{0, 20}, {20, 40}}));
  EXPECT_EQ(bench_program::full_batches(random_dataset(2, 60), o), (std::vector<Range>{{0, 20}, {20, 40}, {40, 60}}));
}

// A stage's GPU is that of its place on its node; other weights than those of the serial run are a status.
TEST(Train, AsksForTheDeviceOfItsPlaceAndSaysWhetherItAgrees) {
  const data_sets::DataSet files({30, 5, 7, 10}, {10, 5, 7, 10});
  for (train_program::spoiled = 1; train_program::spoiled >= 0; --train_program::spoiled) {
    Arguments arguments({"--data", files.folder, "--hidden", "20,30", "--batch", "24", "--epochs", "1", "--compare-with-serial"});
    SessionOnANode session{40 + rank()};
    int status = -1;
    printed_by([&] { status = train_program::train_layers(session, arguments.count(), arguments.values()); });
    EXPECT_ON_ALL_RANKS(status == train_program::spoiled && train_program::asked_for == 40 + rank()) << status << train_program::asked_for;
  }
  train_program::spoiled = 0;

  // There is room for a micro-batch.
  Arguments wide({"--data", files.folder, "--hidden", "900,700", "--batch", "24", "--micro-batches", "8", "--epochs", "0"});
  SessionOnANode session{40 + rank()};
  const std::string printed = printed_by([&] { train_program::train_layers(session, wide.count(), wide.values()); });
  EXPECT_ON_ALL_RANKS(rank() != 0 || counted_is_formula(printed)) << printed;
}

// --- The plan ----------------------------------------------------------------------------------------------------------

std::string drawing(const std::string& name, int stages, int chunks, int micro_batches) {
  const Schedule s = make_schedule(name, stages, chunks, micro_batches);
  const size_t all = size_t(stages * chunks);
  const Times t = times_of(s, std::vector<double>(all, 1), std::vector<double>(all, 2));
  const double p = stages, m = micro_batches, formula = name == "naive" ? (p - 1) / p : (p - 1) / (double(chunks) * m + p - 1);
  std::string text = line("%s: idle %.1f %%, by formula %.1f %%\n", name.c_str(), 100 * t.idle,
                          100 * (s.halves ? 1 - 3 * m / (2 * m + std::max(m, p) + p - 1) : formula));
  for (size_t stage = 0; stage < size_t(stages); ++stage) {
    std::string passes, below;
    int now = 0, most = 0;
    std::map<int, std::pair<int, int>> of_chunk;  // now, most
    for (size_t i = 0; i < s.steps[stage].size(); ++i) {
      const Step& step = s.steps[stage][i];
      const bool is_forward = step.pass == Pass::forward;
      passes.append(size_t(t.begin[stage][i]) - passes.size(), '.');
      below.append(passes.size() - below.size(), ' ');
      const int m = step.micro_batch % 36;
      passes += char(m < 10 ? '0' + m : 'a' + m - 10);
      if (!is_forward && !s.halves) passes += '<';
      const char half = is_forward ? ' ' : step.pass == Pass::backward ? 'x' : 'w';
      below.append(passes.size() - below.size(), s.halves ? half : step.chunk < stages ? ' ' : char('a' + step.chunk / stages));
      if (s.halves && step.pass == Pass::backward) continue;  // its slot is still needed
      most = std::max(most, now += is_forward ? 1 : -1);
      auto& [here, limit] = of_chunk[step.chunk];
      limit = std::max(limit, here += is_forward ? 1 : -1);
    }
    int room = 0;
    for (const auto& [chunk, counts] : of_chunk) room += counts.second;
    passes.append(size_t(t.length) - passes.size(), '.'), below.append(passes.size() - below.size(), ' ');
    text += line("stage %-2zu |%s|  keeps %d", stage, passes.c_str(), most);
    if (room != most) text += line(", has room for %d", room);
    text += "\n";
    if (chunks > 1 || s.halves) text += "         |" + below + "|\n";
  }
  return text + "\n";
}

TEST(Plan, DrawsEverySchedule) {
  for (const auto& [stages, chunks, micro_batches] : {std::array{4, 2, 8}, {3, 3, 5}, {1, 2, 40}, {2, 2, 3}}) {
    const std::string choice = line("--stages=%d --chunks=%d --micro-batches=%d", stages, chunks, micro_batches);
    const std::vector<std::string> options = {"--stages", std::to_string(stages), "--chunks", std::to_string(chunks), "--micro-batches",
                                              std::to_string(micro_batches)};
    std::string printed, expected;
    EXPECT_ON_ALL_RANKS(run(plan_program::plan, options, printed) == 0);
    for (const char* name : {"naive", "gpipe", "1f1b", "interleaved", "zb-h1"})
      expected += drawing(name, stages, std::string(name) == "interleaved" ? chunks : 1, micro_batches);
    EXPECT_EQ(printed, rank() == 0 ? expected : "") << choice;
    std::vector<std::string> one = options;
    one.insert(one.end(), {"--schedule", "interleaved"});
    EXPECT_ON_ALL_RANKS(run(plan_program::plan, one, printed) == 0);
    EXPECT_EQ(printed, rank() == 0 ? drawing("interleaved", stages, chunks, micro_batches) : "");
  }
}

TEST(Plan, WritesTheTimesOfEveryStep) {
  for (const char* name : {"gpipe", "interleaved", "zb-h1"}) {
    const std::string file = scratch_file("08_events.csv");
    std::string printed;
    EXPECT_ON_ALL_RANKS(run(plan_program::plan, {"--schedule", name, "--stages=3", "--chunks=2", "--micro-batches=4", "--events", file}, printed) == 0);
    EXPECT_EQ(printed, "");
    EXPECT_ON_ALL_RANKS(file_is_there(file) == (rank() == 0));
    const int chunks = std::string(name) == "interleaved" ? 2 : 1;
    const Schedule s = make_schedule(name, 3, chunks, 4);
    const size_t all = size_t(3 * chunks);
    const Times t = times_of(s, std::vector<double>(all, 1.0 / chunks), std::vector<double>(all, 2.0 / chunks));
    std::ostringstream expected;
    expected << "stage,pass,chunk,micro_batch,begin,end\n";
    for (size_t stage = 0; stage < 3; ++stage)
      for (size_t i = 0; i < s.steps[stage].size(); ++i) {
        const Step& step = s.steps[stage][i];
        expected << stage << ',' << (step.pass == Pass::forward ? "forward" : step.pass == Pass::backward ? "backward" : "weights") << ',' << step.chunk << ',' << step.micro_batch
                 << ',' << t.begin[stage][i] << ',' << t.end[stage][i] << '\n';
      }
    if (rank() == 0) {
      EXPECT_EQ(text_of_file(file), expected.str());
    }
    std::remove(file.c_str());
  }
}

// Each changes what it is named after, and nothing else.
TEST(Options, ReachTheirVariables) {
  PipelineOptions o(3);
  Options options("");
  o.declare(options);
  const auto set = [&](const std::vector<std::string>& words) {
    Arguments arguments(words);
    options.parse(arguments.count(), arguments.values());
    return o.schedule + line(" chunks %d split %zu recompute %d exchange %s compare %d trace ", int(o.chunks), o.split.size(), int(o.recompute),
                             o.exchange.c_str(), int(o.compare_with_serial)) + o.trace;
  };
  EXPECT_EQ(set({"--recompute", "5"}), "1f1b chunks 1 split 0 recompute 5 exchange auto compare 0 trace ");
  EXPECT_EQ(set({"--chunks", "2", "--split", "3,4,2"}), "1f1b chunks 2 split 3 recompute 5 exchange auto compare 0 trace ");
  EXPECT_EQ(set({"--schedule", "naive", "--exchange", "host", "--compare-with-serial", "--trace", "file"}),
            "naive chunks 2 split 3 recompute 5 exchange host compare 1 trace file");
}

TEST(Options, HaveTheseDefaultsAndRanges) {
  std::string printed;
  EXPECT_ON_ALL_RANKS(run(bench_program::bench, {"--help"}, printed) == 0);
  EXPECT_EQ(options_told(printed), rank() > 0 ? "" : "data TEXT [build/data]\nhidden N,N,.. (1 to 65536) [512,512,512,512,512,512,512,512]\n"
                                                    "batch N (16 to 65536) [1024]\nrounds N (1 to 1000) [9]\nsteps N (1 to 1000) [3]\n"
                                                    "csv TEXT\nonly-if-quiet\n");
  EXPECT_ON_ALL_RANKS(run(plan_program::plan, {"--help"}, printed) == 0);
  EXPECT_EQ(options_told(printed), rank() > 0 ? "" : "schedule naive|gpipe|1f1b|interleaved|zb-h1|all [all]\nstages N (1 to 64) [4]\n"
                                                    "chunks N (1 to 64) [2]\nmicro-batches N (1 to 1000) [8]\nevents TEXT\n");
  Options options("");
  PipelineOptions o(3);
  o.declare(options);
  const std::string told = options_told(options.help());
  EXPECT_TRUE(contains(told, "micro-batches N (1 to 1048576) [8]\n"));
  EXPECT_TRUE(contains(told, "schedule naive|gpipe|1f1b|interleaved|zb-h1 [1f1b]\nchunks N (1 to 1000) [1]\nsplit N,N,.. (1 to 65536) [none]\n"
                      "recompute N (1 to 1000) [1]\nexchange auto|host|peer|mpi [auto]\ncompare-with-serial\ntrace TEXT\n"));
}

}  // namespace
