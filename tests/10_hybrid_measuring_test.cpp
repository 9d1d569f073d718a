// What chapter 10 measures and reports, with clocks that are known beforehand: where a step's time goes, a run's last lines, the choice
// of the grid as it is told, the benchmark's table. All of it is computed another way here.
// ranks: 1 2 4
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/08_layer_splitting/partition.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/10_hybrid/hybrid_report.h"
#include "chapters/10_hybrid/machine_file.h"
#include "chapters/10_hybrid/plan.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/statistics.h"
#include "common/timer.h"
#include "tests/data_sets.h"
#include "tests/grid_runs.h"
#include "tests/known_share.h"
#include "tests/late_device.h"
#include "tests/options_told.h"
#include "tests/steps_of_benchmark.h"

namespace bench_program {
// On nodes of three ranks and one, if the test says so; else as MPI says.
bool on_nodes = false;
struct SessionOfTest {
  int rank() const { return rank_of(MPI_COMM_WORLD); }
  int size() const { return ranks_of(MPI_COMM_WORLD); }
  int node_size() const { return !on_nodes ? session_of_test->node_size() : rank() < 3 ? std::min(3, size()) : 1; }
};
int run_with_mpi(int, char**, int (*)(SessionOfTest&, int, char**)) { return 0; }
int slept = 0;
void sleep_of_test(MPI_Comm comm) { ++slept, sleep_until_all_are_here(comm); }
#define MpiSession SessionOfTest
#define sleep_until_all_are_here sleep_of_test
#define CpuDevice DeviceThatCountsRows
#define MPI_Barrier barrier_of_a_while
#include "chapters/10_hybrid/bench.cpp"
#undef MpiSession
#undef sleep_until_all_are_here
#undef CpuDevice
#undef MPI_Barrier
}

namespace train_program {
// Each rank a node of its own, and not the first one there.
struct SessionOfTest : bench_program::SessionOfTest {
  int node_rank() const { return 40 + rank(); }
  int node_size() const { return 1; }
};
int run_with_mpi(int, char**, int (*)(SessionOfTest&, int, char**)) { return 0; }
int asked_for = -1;
std::unique_ptr<Device> device_of_test(const std::string&, int node_rank) {
  asked_for = node_rank;
  return std::make_unique<CpuDevice>();
}
int spoiled = 0;  // then it begins with the weights of another seed
#define MpiSession SessionOfTest
#define make_device device_of_test
#define initialize(seed) initialize((seed) + spoiled)
#include "chapters/10_hybrid/train.cpp"
#undef MpiSession
#undef make_device
#undef initialize
}

namespace {

using namespace grid_runs;

int run_bench(const std::vector<std::string>& options, std::string& printed) {
  Arguments arguments(options);
  bench_program::SessionOfTest session;
  int status = -1;
  printed = printed_by([&] { status = bench_program::bench_grids(session, arguments.count(), arguments.values()); });
  return status;
}

// --- Where the time goes: every section of a step, as the texts of chapters 08, 09 and 10 have it ------------------------

struct KnownModel {
  const HybridSettings& s;
  const GridShape& shape;
  const GridPlace place;
  KnownClock& clock;
  HybridModel::Time time;

  void sum_over_tensor_ranks(double& inside, bool in_background = false, bool beside_dw = false) {
    const double begin = clock.read(), copied = clock.read();
    time.copying += copied - begin;
    const double summing = clock.read(), summed = clock.read();
    time.waiting += summed - summing;
    for (int section = 0; in_background && section < (beside_dw ? 2 : 1); ++section) {  // begun; behind dw's one panel of columns; waited for
      const double waited = clock.section();
      time.waiting += waited, inside += waited;
    }
    const double back = clock.read(), there = clock.read();
    time.copying += there - back;
    inside += copied - begin + summed - summing + there - back;
  }

  void walk(const Schedule& schedule, const std::vector<Range>& chunks, bool trains) {
    for (const Step& step : schedule.steps[size_t(place.pipeline)]) {
      const int direction = step.pass == Pass::forward ? 1 : -1;
      const auto is_chunk = [&](int chunk) { return chunk >= 0 && chunk < schedule.chunks(); };
      const bool takes = is_chunk(step.chunk - direction), gives = is_chunk(step.chunk + direction);
      if (takes && shape.pipeline > 1) {
        const double begin = clock.read(), there = clock.read();
        time.waiting += there - begin;
        time.copying += clock.read() - there;
      }
      if (gives) time.waiting += clock.section();
      const double begin = clock.read();
      double inside = 0;
      const Range layers = chunks[size_t(step.chunk)];
      const bool head = layers.last + 1 == s.sizes.size(), split_classes = layers.last % 2 == 1;
      const bool is_forward = step.pass == Pass::forward;
      for (int i = 0; !is_forward && head && split_classes && i < 2 && shape.tensor > 1; ++i)
        sum_over_tensor_ranks(inside);  // a maximum and a sum
      for (size_t l = layers.last; shape.tensor > 1 && l-- > layers.first;)
        if (is_forward ? l % 2 == 1 : l % 2 == 0 && l > 0) sum_over_tensor_ranks(inside, !is_forward, l > layers.first);
      if (!is_forward && gives && shape.pipeline > 1) {  // the gradient leaves before the last product
        const double sending = clock.section();
        time.copying += sending, inside += sending;
      }
      if (step.pass == Pass::backward && head && split_classes && shape.tensor > 1) {  // the loss
        const double loss = clock.section();
        time.waiting += loss, inside += loss;
      }
      time.computing += clock.read() - begin - inside;
      if (trains && step.pass == Pass::backward && shape.data > 1 &&
          (s.reproducible || step.micro_batch + 1 == schedule.micro_batches))
        for (size_t l = layers.first; l < layers.last; ++l) {
          time.copying += clock.section();
          const double posting = clock.read();
          time.waiting += clock.read() - posting;
        }
      if (is_forward && gives && shape.pipeline > 1) time.copying += clock.section();
    }
    time.waiting += clock.section();
  }

  void step() {
    walk(stage_schedule(s, shape, place), balanced_chunks(s.sizes, shape.pipeline * s.chunks), true);
    time.waiting += clock.section();  // for gradients
    time.waiting += clock.section();  // for weights
    time.waiting += clock.section();  // for what was sent
    time.waiting += clock.section();  // for the loss
  }
};

// The clock's differences are exact, sums of them in another order nearly so.
bool near(double a, double b) { return std::abs(a - b) <= 1e-12 * std::abs(b) + 1e-15; }

TEST(Time, OfEachKindIsWhatTheClockSays) {
  const Dataset d = data();
  for (const GridShape& shape : shapes_of(ranks()))
    for (bool reproducible : {false, true}) {
      HybridSettings s = settings("sgd", 3 * shape.data, reproducible);
      if (shape.pipeline == 2) s.schedule = "interleaved", s.chunks = 2;
      GridRun run(shape, s);
      KnownClock clock(rank());
      KnownModel known{s, shape, grid_of(shape).place, clock, {}};
      {
        const ClockOfTest of_test{clock};
        train(run.model, d, 0, 2);
      }
      known.step();
      known.step();
      const HybridModel::Time found = run.model.time(), expected = known.time;
      EXPECT_ON_ALL_RANKS(near(found.computing, expected.computing)) << told(shape, s) << found.computing << " " << expected.computing;
      EXPECT_ON_ALL_RANKS(near(found.waiting, expected.waiting)) << told(shape, s) << found.waiting << " " << expected.waiting;
      EXPECT_ON_ALL_RANKS(near(found.copying, expected.copying)) << told(shape, s) << found.copying << " " << expected.copying;
    }
}

// A device on which time passes only while the host waits for it, each time 1.
struct OnlyWaiting : LateDevice {
  static inline double now = 0;
  static double clock() { return now; }
  void end_copy_out(float* p, size_t n) override { LateDevice::end_copy_out(p, n), ++now; }
  void copy_bytes_out(void* host, const void* p, size_t bytes) override { LateDevice::copy_bytes_out(host, p, bytes), ++now; }
};

// Until a stage's output, its losses or the new weights are there, the device computes: that is no waiting for others. What gradients
// take is copying.
TEST(Time, UntilTheDevicesNumbersAreThereIsNoWaiting) {
  const Dataset d = data();
  for (const GridShape& shape : {GridShape{1, ranks(), 1}, GridShape{ranks(), 1, 1}}) {
    const HybridSettings s = settings("sgd", 3 * shape.data, false);
    OnlyWaiting device;
    HybridModel model(device, grid_of(shape), s);
    model.initialize(1);
    const ClockOfTest known{OnlyWaiting::clock};
    train(model, d, 0, 1);
    const HybridModel::Time found = model.time();
    const GridPlace place = grid_of(shape).place;
    const bool first = place.pipeline == 0, last = place.pipeline == shape.pipeline - 1;
    const double layers = double(sizes.size()) - 1;
    EXPECT_ON_ALL_RANKS(found.computing == 3.0 * (!first + !last + last)) << to_string(shape) << found.computing;
    EXPECT_ON_ALL_RANKS(found.waiting == 0) << to_string(shape) << found.waiting;
    EXPECT_ON_ALL_RANKS(found.copying == (shape.data > 1 ? layers : 0)) << to_string(shape) << found.copying;
  }
}

// --- The report ----------------------------------------------------------------------------------------------------------

// Two epochs of two steps, with evaluations whose waiting counts for nothing.
TEST(Report, TellsSharesAndMemory) {
  const Dataset d = data();
  const std::vector<uint32_t> order = permutation(1, 0, d.count);
  for (const GridShape& shape : shapes_of(ranks())) {
    HybridSettings s = settings("adam", 2 * shape.data, false);
    s.sizes = {17, 260, 140, 150, 60, 10};
    if (shape.pipeline * s.chunks > 5) continue;
    GridRun run(shape, s);
    HybridOptions o(ranks());
    o.hidden = {260, 140, 150, 60};
    o.epochs = 2, o.batch = 29;
    double waiting = 0, copying = 0, seconds = 0;
    const std::string printed = printed_by([&] {
      const ClockOfTest known{KnownClock(rank())};
      HybridReport report(o, d, run.model);
      for (int epoch = 0; epoch < 2; ++epoch) {
        for (int i = 0; i < 2; ++i) {
          const HybridModel::Time before = run.model.time();
          const double loss = run.model.step(d, order, {0, 29}).loss;
          waiting += run.model.time().waiting - before.waiting, copying += run.model.time().copying - before.copying;
          report.step(loss, 29);
        }
        report.epoch(epoch, run.model.count_correct(d), d.count);
      }
      seconds = report.train_seconds();
      EXPECT_EQ(report.end(), 0);
    });
    double sums[3] = {waiting, copying, seconds};
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
    if (rank() != 0) {
      EXPECT_EQ(printed, "");
      continue;
    }
    const GridFootprint f = predict_footprint(s, shape, {0, 0, 0});
    const auto mb = [](size_t bytes) { return double(bytes) / 1e6; };
    const std::string expected =
        line("\ntime: computing %.1f %%, waiting %.1f %%, copying %.1f %%\n", 100 - 100 * sums[0] / sums[2] - 100 * sums[1] / sums[2],
             100 * sums[0] / sums[2], 100 * sums[1] / sums[2]) +
        line("memory of rank 0: weights %.2f, gradients %.2f, optimizer %.2f, activations %.2f, exchange %.2f MB\n", mb(f.parameters),
             mb(f.gradients), mb(f.optimizer), mb(f.activations), mb(f.exchange)) +
        "distance to the serial run: not measured (--compare-with-serial does)\n";
    EXPECT_TRUE(printed.ends_with(expected)) << to_string(shape) << expected << printed;
  }
}

// The time of a run that was continued is not compared with that of a whole one. Reproducible replicas have the same bits, and one wrong weight
// is a status.
TEST(Report, ComparesWithTheSerialRun) {
  const Dataset d = data();
  struct Kind {
    size_t steps_before;
    bool reproducible, spoiled;
  };
  for (const Kind& kind : {Kind{0, false, false}, {7, false, true}, {0, true, false}, {0, true, true}}) {
    const GridShape shape = kind.reproducible ? GridShape{ranks(), 1, 1} : GridShape{1, ranks() == 1 ? 1 : 2, ranks() == 4 ? 2 : 1};
    HybridOptions o(ranks());
    o.hidden = {13, 11};
    o.epochs = 1, o.batch = 29, o.micro_batches = 2, o.compare_with_serial = true, o.reproducible = kind.reproducible;
    HybridSettings s = settings("sgd", 2, kind.reproducible);
    s.sizes = {17, 13, 11, 10};
    GridRun run(shape, s);
    int status = -1;
    const std::string printed = printed_by([&] {
      HybridReport report(o, d, run.model, kind.steps_before);
      for_each_step(d, 0, 7, [&](const std::vector<uint32_t>& order, Range batch) {
        const double loss = run.model.step(d, order, batch).loss;
        report.step(loss, batch.size());
        return loss;
      });
      report.epoch(0, 1, d.count);
      std::vector<float> weights = run.model.weights();
      if (kind.spoiled) weights[5] += 1, run.model.set_weights(weights);
      status = report.end();
    });
    EXPECT_ON_ALL_RANKS(status == (kind.spoiled ? 1 : 0)) << status;
    if (rank() != 0) continue;
    EXPECT_EQ(printed.find("serial run on rank 0: ") != std::string::npos, kind.steps_before == 0) << printed;
    const bool same_order = kind.reproducible || ranks() < 4;
    EXPECT_TRUE(contains(printed, kind.spoiled ? (same_order ? "\nWRONG: the bits must be the same\n" : "\nWRONG: more than ten times")
                                               : (same_order ? "\nthe same bits\n" : "\nwithin ten times")));
  }
}

// --- The choice, as it is told ----------------------------------------------------------------------------------------------

TEST(Options, TellWhatIsChosen) {
  for (int64_t wished : {0, 2}) {
    Dataset d = random_dataset(17, 60);
    HybridOptions o(ranks());
    o.hidden = {40, 30, 20};
    o.batch = 32, o.memory_mib = 100, o.tensor = ranks() == 1 ? 1 : wished, o.train_samples = 50;
    const std::string printed = printed_by([&] { o.apply(d, ranks()); });
    HybridSettings s;
    s.sizes = {17, 40, 30, 20, 10};
    s.batch = 32;
    PlanMachine machine = typical_machine();
    machine.memory = 100.0 * 1048576;
    const std::vector<GridPlan> plans = plan_grids(s, {.tensor = int(o.tensor)}, ranks(), machine);
    EXPECT_ON_ALL_RANKS(o.grid == plans[0].shape && o.micro_batches == plans[0].micro_batches);
    EXPECT_EQ(o.samples, 50u);
    EXPECT_EQ(o.settings().sizes, s.sizes);
    EXPECT_EQ(o.settings().batch, 32u);
    EXPECT_EQ(o.settings().micro_batches, plans[0].micro_batches);
    EXPECT_EQ(o.exchange + o.settings().exchange, "autohost") << "on a CPU there is nothing to choose";
    if (rank() != 0) {
      EXPECT_EQ(printed, "");
      continue;
    }
    const bool one = plans[0].micro_batches == 1;
    std::string expected = line("grid %d x %d x %d (data x pipeline x tensor), %d micro-batch%s", plans[0].shape.data, plans[0].shape.pipeline,
                                plans[0].shape.tensor, plans[0].micro_batches, one ? "" : "es");
    expected += plans.size() > 1 ? ": the fastest by estimate\n" + table_of(plans) + why_not(plans[1], plans[0]) : "\n";
    EXPECT_EQ(printed, expected);
  }
}

// Each rank a node of its own, and one of them says that there are more: the smallest node counts, so no two ranks share a layer.
TEST(Options, KeepTensorRanksOnTheSmallestNode) {
  Dataset d = random_dataset(17, 60);
  HybridOptions o(ranks());
  o.hidden = {40, 30, 20};
  o.batch = 32;
  printed_by([&] { o.apply(d, rank() == 0 ? ranks() : 1); });
  EXPECT_ON_ALL_RANKS(o.grid.tensor == 1);
}

// A file says what messages between nodes cost, and how much memory there is. Four data ranks on nodes of two exchange in two levels,
// unless the wish is for one; a limit of its own counts for more than that of the file, and where it is narrow activations are computed again.
TEST(Options, TakeMessagesAndMemoryFromAFile) {
  const std::string file = scratch_file("10_machine");
  PlanMachine machine = typical_machine();
  machine.between = machine.messages;
  for (Curve* curve : {&machine.between.exchanges, &machine.between.reductions})
    for (Piece& piece : *curve) piece.alpha *= 50, piece.beta *= 50;
  machine.memory = 3e6;
  save_plan_machine(machine, file);
  machine.ranks_of_node = 2;
  for (const int64_t wished : {0, 1, 2})
    for (const bool narrow : {false, true}) {
      Dataset d = random_dataset(17, 4000);
      HybridOptions o(ranks());
      o.hidden = {40, 30, 20, 30, 40};
      o.batch = 4000, o.micro_batches = ranks(), o.machine = file, o.replicas = ranks(), o.levels = wished;
      HybridSettings s;
      s.sizes = {17, 40, 30, 20, 30, 40, 10};
      s.batch = 4000, s.micro_batches = ranks(), s.two_level = wished == 2;
      machine.memory = 3e6;
      if (narrow) o.memory_mib = 1, machine.memory = 1048576;
      const GridWish wish{ranks(), 0, 0, ranks(), 0, int(wished)};
      const GridPlan plan = plan_grids(s, wish, ranks(), machine).front();
      const std::string printed = plan.fits ? printed_by([&] { o.apply(d, 2); }) : error_of([&] { o.apply(d, 2); });
      if (!plan.fits) {
        EXPECT_ON_ALL_RANKS(printed == line("no grid of %d ranks fits into %d MB a rank; %d x 1 x 1 needs %d MB", ranks(), narrow ? 1 : 3, ranks(), int(plan.memory / 1e6))) << printed;
        continue;
      }
      EXPECT_ON_ALL_RANKS(o.settings().two_level == plan.two_level && o.levels == (plan.two_level ? 2 : 1)) << wished;
      EXPECT_ON_ALL_RANKS(o.settings().keep_every == plan.keep_every);
      EXPECT_ON_ALL_RANKS(ranks() < 4 || plan.two_level == (wished != 1));
      EXPECT_ON_ALL_RANKS(ranks() < 4 || (plan.keep_every > 1) == narrow) << plan.keep_every;
      std::string expected = line("grid %d x 1 x 1 (data x pipeline x tensor), %d micro-batch%s\n", ranks(), ranks(), ranks() > 1 ? "es" : "");
      if (plan.two_level) expected += "data ranks exchange in two levels\n";
      if (plan.keep_every > 1) expected += line("every %d-th activation is kept, the others are computed again\n", plan.keep_every);
      EXPECT_EQ(printed, rank() == 0 ? expected : "");
    }
  std::remove(file.c_str());
}

// The GPU of its place on its node; tensor ranks of other nodes are told as such; other weights than those of the serial run are a status.
TEST(Train, KnowsItsNodeAndSaysWhetherItAgrees) {
  const data_sets::DataSet files({30, 5, 7, 10}, {10, 5, 7, 10});
  for (train_program::spoiled = 1; train_program::spoiled >= 0; --train_program::spoiled) {
    Arguments arguments({"--data", files.folder, "--hidden", "20,30", "--batch", "24", "--epochs", "1", "--compare-with-serial"});
    train_program::SessionOfTest session;
    int status = -1;
    const std::string printed = printed_by([&] { status = train_program::train_on_a_grid(session, arguments.count(), arguments.values()); });
    EXPECT_ON_ALL_RANKS(status == train_program::spoiled) << status;
    EXPECT_ON_ALL_RANKS(train_program::asked_for == 40 + rank()) << train_program::asked_for;
    EXPECT_EQ(printed.find("  across nodes\n") != std::string::npos, rank() == 0 && ranks() > 1) << printed;
  }
  train_program::spoiled = 0;
}

TEST(Options, RefuseWhatDoesNotFit) {
  const auto error = [](auto change) {
    Dataset d = random_dataset(17, 60);
    HybridOptions o(ranks());
    o.hidden = {40, 30, 20, 10, 10, 10, 10, 10};
    o.batch = 32;
    change(o);
    return error_of([&] { printed_by([&] { o.apply(d, ranks()); }); });
  };
  EXPECT_EQ(error([](HybridOptions&) {}), "");
  EXPECT_EQ(error([](HybridOptions& o) { o.schedule = "interleaved", o.chunks = 2; }), "");
  EXPECT_EQ(error([](HybridOptions& o) { o.schedule = "interleaved"; }),
            "--schedule interleaved: needs --chunks 2 or more; with one chunk a stage it is 1f1b");
  for (const std::string way : {"peer", "mpi"}) EXPECT_EQ(error([&](HybridOptions& o) { o.exchange = way; }), "--exchange " + way + ": needs --device cuda");
  EXPECT_EQ(error([](HybridOptions& o) { o.chunks = 3; }), "--chunks 3: only --schedule interleaved has several chunks a stage");
  const std::string full = error([](HybridOptions& o) { o.memory_mib = 1, o.hidden = {4000}; });
  HybridSettings s;
  s.sizes = {17, 4000, 10};
  s.batch = 32;
  PlanMachine small = typical_machine();
  small.memory = 1048576;
  const GridPlan least = plan_grids(s, {}, ranks(), small).front();
  const std::string wide = error([](HybridOptions& o) { o.memory_mib = 1000, o.hidden = {65536, 65536}; });
  EXPECT_TRUE(contains(wide, line("no grid of %d ranks fits into 1048 MB a rank; ", ranks())));
  EXPECT_EQ(full, least.fits ? "" : line("no grid of %d ranks fits into 1 MB a rank; %s needs %d MB", ranks(),
                                         to_string(least.shape).c_str(), int(least.memory / 1e6)));
  EXPECT_TRUE(ranks() > 1 || !least.fits);

  // Without a limit it is a rank's share of the memory that there is: the least one, of a node with three ranks, where the others have one each.
  const double here = 0.5 * double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)) / 3;
  Dataset d = random_dataset(17, 60);
  HybridOptions o(ranks());
  o.batch = 32;
  o.hidden.assign(size_t(3 + ranks() * here / 17e9), 65536);  // of 17 GB each
  EXPECT_TRUE(contains(error_of([&] { o.apply(d, rank() == 0 ? 3 : 1); }), line("no grid of %d ranks fits into %.0f MB a rank; ", ranks(), std::floor(here / 1e6))));
}

TEST(Options, HaveTheseDefaultsAndRanges) {
  std::string printed;
  EXPECT_ON_ALL_RANKS(run_bench({"--help"}, printed) == 0);
  EXPECT_EQ(options_told(printed), rank() > 0 ? "" : "rounds N (1 to 10000) [31]\nsteps N (1 to 10000) [2]\nbatch N (1 to 1048576) [1024]\n"
                                                    "hidden N,N,.. (1 to 65536) [512,256]\noptimizer sgd|momentum|adam [sgd]\n"
                                                    "machine TEXT\nonly-if-quiet\n");
  Options options("");
  HybridOptions o(3);
  o.declare(options);
  const std::string all = options_told(options.help());
  EXPECT_TRUE(all.starts_with("replicas N (at least 0) [0]\npipeline N (at least 0) [0]\ntensor N (at least 0) [0]\n")) << all;
  EXPECT_TRUE(all.ends_with("clip-norm X (at least 0) [0]\nschedule naive|gpipe|1f1b|interleaved|zb-h1 [1f1b]\nchunks N (1 to 1000) [1]\nreproducible\n"
                            "recompute N (0 to 1000) [0]\nlevels N (0 to 2) [0]\nexchange auto|host|peer|mpi [auto]\nmemory-mib N (at least 0) [0]\nmachine TEXT\ncompare-with-serial\ntrace TEXT\n")) << all;
}

// --- The benchmark ---------------------------------------------------------------------------------------------------------

// How often one step reads the clock, on this rank.
int readings_of_a_step(const HybridSettings& s, const GridShape& shape, MPI_Comm comm, const Dataset& d) {
  static int readings = 0;
  CpuDevice device;
  const Grid grid(shape, comm);
  HybridModel model(device, grid, s);
  model.initialize(1);
  const ClockOfTest counting([] { return double(++readings); });
  readings = 0;
  model.step(d, permutation(1, 0, d.count), {0, d.count});
  return readings;
}

void expect_bench(const std::vector<std::string>& options, double busy, int rounds, int steps, bool only_if_quiet, bool quiet,
                  const PlanMachine& machine = typical_machine()) {
  const double unit = 0x1p-18;
  std::string printed;
  int status = -1;
  bench_program::slept = 0;
  {
    const ClocksOfTest known(rank(), unit, busy);
    status = run_bench(options, printed);
  }
  EXPECT_ON_ALL_RANKS(bench_program::slept == 1 + rounds) << "the others sleep while the serial program has its turn";
  EXPECT_ON_ALL_RANKS(status == (only_if_quiet && !quiet ? 77 : 0)) << status;
  EXPECT_ON_ALL_RANKS(rank() == 0 || printed.empty());

  HybridSettings s;
  s.sizes = {784, 20, 30, 10};
  s.batch = 24;
  s.optimizer.name = "momentum";
  const Dataset d = random_dataset(784, 24);
  const GridPlan alone = estimate(s, {1, 1, 1}, machine);
  const std::vector<GridPlan> plans = plan_grids(s, {}, ranks(), machine);
  std::vector<int> readings = {readings_of_a_step(s, {1, 1, 1}, MPI_COMM_SELF, d)};
  int64_t passes = 1;  // of a row in a step of everybody: each tensor rank sees it
  for (const GridPlan& plan : plans) {
    passes += plan.shape.tensor;
    HybridSettings with = s;
    with.micro_batches = plan.micro_batches, with.two_level = plan.two_level;
    readings.push_back(readings_of_a_step(with, plan.shape, MPI_COMM_WORLD, d));
  }
  const int64_t seen = rows_seen_by_all();
  EXPECT_ON_ALL_RANKS(seen == 24 * (1 + rounds) * steps * passes) << seen;
  std::vector<int> all(readings.size() * size_t(ranks()));
  MPI_CHECK(MPI_Allgather(readings.data(), int(readings.size()), MPI_INT, all.data(), int(readings.size()), MPI_INT, MPI_COMM_WORLD));
  if (rank() != 0) return;

  std::vector<KnownRank> clocks = known_ranks(ranks(), unit, busy);
  std::vector<std::vector<double>> seconds(readings.size());  // the serial program's, then those of the grids
  for (KnownRank& r : clocks) r.new_share();
  for (int round = -1; round < rounds; ++round) {
    const auto turn = [&](int rank, size_t which) {
      KnownRank& r = clocks[size_t(rank)];
      r.wall.read();  // until all are here
      const double begin = r.wall.read();
      for (int i = 0; i < steps * all[size_t(rank) * readings.size() + which]; ++i) r.wall.read();
      const double took = (r.wall.read() - begin) / steps;
      if (round < 0) return;
      if (int(seconds[which].size()) == round) seconds[which].push_back(0);
      seconds[which].back() = std::max(seconds[which].back(), took);
    };
    for (int rank = 0; rank < ranks(); ++rank) {
      KnownRank& r = clocks[size_t(rank)];
      if (round == 0) r.new_share();
      r.begin();
      if (rank == 0) turn(0, 0);
      r.end();
      r.begin();
      for (size_t g = 1; g < readings.size(); ++g) turn(rank, g);
      r.end();
    }
  }
  const double lost = most_lost(clocks);
  const Verdict v = verdict(lost, bench_program::SessionOfTest().node_size());
  EXPECT_EQ(v == Verdict::quiet, quiet) << lost;
  std::string expected = machine_name() + line(": %d ranks, %d parameters, batch 24, momentum\n", ranks(), 784 * 20 + 20 + 20 * 30 + 30 + 30 * 10 + 10) +
                         line("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(v)) +
                         "                          ms a step                    fastest serial\n"
                         "grid       micro-batches  estimated   fastest   median  / fastest\n";
  for (size_t g = 0; g < readings.size(); ++g) {
    const GridPlan& plan = g == 0 ? alone : plans[g - 1];
    std::vector<double> sorted = seconds[g];
    std::sort(sorted.begin(), sorted.end());
    expected += line("%-10s %13d  %9.2f  %8.2f %8.2f  %7.2f\n", line("%d x %d x %d", plan.shape.data, plan.shape.pipeline, plan.shape.tensor).c_str(),
                     plan.micro_batches, 1000 * plan.seconds, 1000 * sorted[0], 1000 * sorted[(sorted.size() - 1) / 2],
                     *std::min_element(seconds[0].begin(), seconds[0].end()) / sorted[0]);
  }
  int far = 0, right = 0;
  for (size_t a = 1; a < readings.size(); ++a)
    for (size_t b = 1; b < readings.size(); ++b) {
      const bool faster = *std::ranges::min_element(seconds[a]) * 1.15 < *std::ranges::min_element(seconds[b]);
      far += faster, right += faster && plans[a - 1].seconds < plans[b - 1].seconds;
    }
  expected += line("of pairs of grids that differ by more than 15 %%, the estimate has %d of %d in the right order\n", right, far);
  EXPECT_EQ(printed, expected);
}

TEST(Bench, PrintsWhatTheClocksSay) {
  const bool enough = session_of_test->node_size() <= usable_cores();
  const std::vector<std::string> options = {"--hidden", "20,30", "--batch", "24", "--optimizer", "momentum"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), options.begin(), options.end());
    return more;
  };
  expect_bench(with({"--rounds", "3", "--steps", "2", "--only-if-quiet"}), 1000, 3, 2, true, enough);
  expect_bench(with({"--rounds", "2", "--steps", "1"}), 1, 2, 1, false, false);
  expect_bench(with({"--rounds", "1", "--steps", "1", "--only-if-quiet"}), 1, 1, 1, true, false);

  // A file of another machine, into whose memory nothing would fit: all grids are measured.
  const std::string file = scratch_file("10_bench_machine");
  PlanMachine slow = typical_machine();
  slow.operations_per_second /= 7, slow.memory = 1;
  save_plan_machine(slow, file);
  slow.memory = 0;
  expect_bench(with({"--rounds", "1", "--steps", "1", "--machine", file}), 1, 1, 1, false, false, slow);
  // It says what messages between nodes cost: then it matters where the ranks are. The smallest node counts.
  slow.between = slow.messages;
  for (Piece& piece : slow.between.exchanges) piece.alpha *= 30, piece.beta *= 30;
  slow.memory = 1;
  save_plan_machine(slow, file);
  slow.memory = 0, slow.ranks_of_node = ranks() == 4 ? 1 : ranks();
  bench_program::on_nodes = true;
  expect_bench(with({"--rounds", "1", "--steps", "1", "--machine", file}), 1, 1, 1, false, false, slow);
  bench_program::on_nodes = false;
  std::remove(file.c_str());
}

TEST(Bench, ACandidateIsTrainedAsItIsPlanned) {
  GridPlan plan;
  plan.micro_batches = 7, plan.two_level = true;
  const HybridSettings s = bench_program::Candidate::with(settings("adam", 3, true), plan);
  EXPECT_TRUE(s.micro_batches == 7 && s.two_level && s.reproducible && s.optimizer.name == "adam");
  plan.two_level = false;
  EXPECT_FALSE(bench_program::Candidate::with(s, plan).two_level);
}

}  // namespace
