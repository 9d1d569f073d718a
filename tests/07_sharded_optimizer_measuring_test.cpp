// The programs of chapter 07 that measure, called from here with clocks that are known beforehand: every number that they print,
// computed another way, and the status.
// ranks: 2 3
#include <gtest/gtest.h>

#include "chapters/01_serial/train_report.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/07_sharded_optimizer/footprint.h"
#include "chapters/07_sharded_optimizer/together.h"
#include "tests/data_sets.h"
#include "tests/known_share.h"
#include "tests/mpi_expect.h"
#include "tests/options_told.h"
#include "tests/recorded_calls.h"
#include "tests/session_on_a_node.h"

// A formula that is wrong on rank 1, of this level and quantity.
static int wrong_level = -1;
static size_t Footprint::* wrong_quantity = &Footprint::optimizer;
static Footprint predict_or_be_wrong(const Shards& shards, const ZeroOptions& options, int state_vectors, int rank, size_t bytes = 4) {
  Footprint f = predict(shards, options, state_vectors, rank, bytes);
  if (rank == 1 && options.level == wrong_level) f.*wrong_quantity -= 4;
  return f;
}

#define main main_of_bench
#include "chapters/07_sharded_optimizer/bench.cpp"
#undef main
#define main main_of_memory
#define predict predict_or_be_wrong
#include "chapters/07_sharded_optimizer/memory.cpp"
#undef main
#undef predict
namespace prefetch_program {
#include "chapters/07_sharded_optimizer/prefetch.cpp"
}
// On a node with as many ranks as a test says.
namespace on_a_node {
int run_with_mpi(int, char**, int (*)(SessionOnANode&, int, char**)) { return 0; }
#define MpiSession SessionOnANode
#define main main_of_bench
#include "chapters/07_sharded_optimizer/bench.cpp"
#undef main
#include "chapters/07_sharded_optimizer/prefetch.cpp"
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
#include "chapters/07_sharded_optimizer/train.cpp"
#undef MpiSession
#undef make_device
#undef initialize
}

namespace {

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }
MpiSession& session() { return *session_of_test; }

template <class Session>
int run_on(Session& session, int program(Session&, int, char**), const std::vector<std::string>& options, std::string& printed) {
  Arguments arguments(options);
  int status = -1;
  printed = printed_by([&] { status = program(session, arguments.count(), arguments.values()); });
  return status;
}
int run(int program(MpiSession&, int, char**), const std::vector<std::string>& options, std::string& printed) {
  return run_on(session(), program, options, printed);
}

// --- The costs of a level, from the text: units from the last layer on, each cut into parts for the ranks ----------------

struct Costs {
  double weights = 0, gradients = 0, state = 0, exchange = 0, sent = 0;  // bytes
  double memory() const { return weights + gradients + state + exchange; }
};

Costs costs(const std::vector<int>& sizes, int level, double smallest, int p, int micro_batches, double vectors, int r, double bytes = 4,
            bool prefetch = false, size_t keep_every = 1) {
  std::vector<double> units;  // elements, the first layer's first
  std::vector<int> layers;
  for (size_t l = sizes.size() - 1; l-- > 0;) {
    if (units.empty() || units.front() >= smallest || (keep_every > 1 && (l + 1) % keep_every == 0)) units.insert(units.begin(), 0), layers.insert(layers.begin(), 0);
    units.front() += double(sizes[l] + 1) * sizes[l + 1];
    ++layers.front();
  }
  double n = 0, shard = 0, unit = 0, part = 0, first_part = -1, before = 0, third = 0;
  size_t behind = 0;  // the number of the layer behind the unit
  for (const double& u : units) {
    const auto bound = [&](int i) { return std::floor(u / p) * i + std::floor(std::fmod(u, p) * i / p); };
    const double mine = bound(r + 1) - bound(r);
    if (first_part < 0) first_part = mine;
    behind += size_t(layers[size_t(&u - units.data())]);
    const bool stretch_goes_on = behind % keep_every != 0, comes_back = behind + keep_every - behind % keep_every < sizes.size() - 1;
    if (stretch_goes_on && comes_back) third += mine;  // its layers are computed again, and then it is gone
    n += u, shard += mine, unit = std::max(unit, u), part = std::max(part, mine), before += u;
  }
  const int rounds = (micro_batches + p - 1) / p;
  int own = 0;
  for (int m = 0; m < micro_batches; ++m) own += m % p == r;
  double in_use = unit, of_parity[2] = {};
  for (size_t u = 0; u < units.size(); ++u) of_parity[u % 2] = std::max(of_parity[u % 2], units[u]);
  if (prefetch) in_use = of_parity[0] + of_parity[1];
  Costs c;
  c.weights = bytes * (level == 3 ? shard + in_use : n);
  c.gradients = bytes * (level >= 2 ? shard + unit : rounds > 1 ? n + shard : n);
  c.state = 4 * (vectors + (bytes == 2 ? 1 : 0)) * (level == 0 ? n : shard);
  c.exchange = bytes * (p - 1) * part;
  const double again = shard - (layers.front() == 1 ? first_part : 0);  // in backward, but for the first layer alone
  c.sent = bytes * (own * (n - shard) + (p - 1) * (level == 3 ? rounds * (shard + again + third) : shard));
  return c;
}

// --- memory -----------------------------------------------------------------------------------------------------------

struct MemoryRun {
  std::vector<std::string> options;
  std::vector<int> sizes;
  double unit;
  int micro_batches;
  std::string optimizer;
  double bytes = 4;
  bool prefetch = false;
  size_t keep_every = 1;
};

std::string expected_memory(const MemoryRun& run, double vectors, int different, std::string& csv) {
  double parameters = 0;
  for (size_t l = 0; l + 1 < run.sizes.size(); ++l) parameters += double(run.sizes[l] + 1) * run.sizes[l + 1];
  std::string text = line("%.0f parameters, %s, %d ranks, %d micro-batches: MB of the rank that needs most\n", parameters,
                          run.optimizer.c_str(), ranks(), run.micro_batches) +
                     "level             weights gradients     state  exchange       sum sent/step\n";
  for (int level = 0; level <= 3; ++level) {
    Costs most;
    for (int r = 0; r < ranks(); ++r) {
      const Costs c = costs(run.sizes, level, run.unit, ranks(), run.micro_batches, vectors, r, run.bytes, run.prefetch, run.keep_every);
      for (double Costs::*q : {&Costs::weights, &Costs::gradients, &Costs::state, &Costs::exchange, &Costs::sent})
        most.*q = std::max(most.*q, c.*q);
    }
    const auto row = [&](const char* how, const char* verdict) {
      return line("%5d  %-8s %9.2f %9.2f %9.2f %9.2f %9.2f %9.2f%s\n", level, how, most.weights / 1e6, most.gradients / 1e6,
                  most.state / 1e6, most.exchange / 1e6, most.memory() / 1e6, most.sent / 1e6, verdict);
    };
    if (run.bytes == 2) {  // nothing is stored so here
      text += row("formula", "");
      continue;
    }
    text += row("counted", "") + row("formula", level == different ? "  DIFFERENT" : "  equal on every rank");
    const std::string five = line(",%.0f,%.0f,%.0f,%.0f,%.0f", most.weights, most.gradients, most.state, most.exchange, most.sent);
    csv += line("%d,%d", ranks(), level) + five + five + "\n";
  }
  return text;
}

TEST(Memory, TellsTheCostsOfTheTextAndWritesThem) {
  const MemoryRun runs[] = {
      {{"--hidden", "150,120", "--optimizer", "momentum"}, {784, 150, 120, 10}, 1, ranks(), "momentum"},
      {{"--hidden", "100,300,90", "--unit", "30000", "--micro-batches", "5"}, {784, 100, 300, 90, 10}, 30000, 5, "adam"},
      {{"--hidden", "40,50", "--unit", "1000000", "--micro-batches", "1", "--optimizer", "sgd"}, {784, 40, 50, 10}, 1000000, 1, "sgd"},
      {{"--hidden", "70,300,90", "--prefetch", "--optimizer", "sgd"}, {784, 70, 300, 90, 10}, 1, ranks(), "sgd", 4, true},
      {{"--hidden", "20,50,30,40", "--recompute", "2", "--optimizer", "sgd"}, {784, 20, 50, 30, 40, 10}, 1, ranks(), "sgd", 4, false, 2},
      {{"--hidden", "20,50,30,40", "--recompute", "3", "--unit", "1700", "--bits", "16"}, {784, 20, 50, 30, 40, 10}, 1700, ranks(), "adam", 2, false, 3},
      {{"--hidden", "150,120", "--bits", "16", "--micro-batches", "5", "--prefetch"}, {784, 150, 120, 10}, 1, 5, "adam", 2, true}};
  for (const MemoryRun& run_ : runs) {
    const std::string file = scratch_file("07_memory.csv");
    std::vector<std::string> options = run_.options;
    if (rank() == 0 && run_.bytes == 4) options.insert(options.end(), {"--csv", file});
    std::string printed, csv;
    EXPECT_ON_ALL_RANKS(run(show_memory, options, printed) == 0);
    const double vectors = run_.optimizer == "adam" ? 2 : run_.optimizer == "momentum" ? 1 : 0;
    const std::string expected = expected_memory(run_, vectors, -1, csv);
    EXPECT_EQ(printed, rank() == 0 ? expected : "");
    if (rank() == 0 && run_.bytes == 4) {
      EXPECT_EQ(text_of_file(file), csv);
    }
    std::remove(file.c_str());
  }
}

// A formula that is wrong on one rank: said, and a failure, whichever the level and the quantity.
TEST(Memory, SaysWhereTheFormulaIsWrong) {
  const MemoryRun small{{"--hidden", "12", "--optimizer", "adam"}, {784, 12, 10}, 1, ranks(), "adam"};
  for (size_t Footprint::* one :
       {&Footprint::parameters, &Footprint::gradients, &Footprint::optimizer, &Footprint::exchange, &Footprint::sent})
    for (wrong_level = 0; wrong_level <= 3; ++wrong_level) {
      std::string printed, csv;
      wrong_quantity = one;
      EXPECT_ON_ALL_RANKS(run(show_memory, small.options, printed) == 1) << wrong_level;
      if (rank() == 0) {
        EXPECT_EQ(printed, expected_memory(small, 2, wrong_level, csv));
      }
    }
  wrong_level = -1;
}

TEST(Memory, WritesNoFormulaWhereACountIsExpected) {
  Arguments arguments({"--hidden", "12", "--bits", "16", "--csv", "memory.csv"});
  const std::string error = error_of([&] { show_memory(session(), arguments.count(), arguments.values()); });
  EXPECT_ON_ALL_RANKS(error == "--csv takes what was counted: not with --bits 16");
}

TEST(Memory, SaysThatAFileCannotBeWritten) {
  Arguments arguments({"--hidden", "12", "--csv", "/no/such/folder/memory.csv"});
  if (rank() == 0) {  // on a rank alone, since only rank 0 fails
    Level level{};
    EXPECT_EQ(error_of([&] { append("/no/such/folder/memory.csv", 1, 2, level); }), "/no/such/folder/memory.csv: cannot be written");
  }
}

// --- bench -----------------------------------------------------------------------------------------------------------

// What the table says of a network if every reading of the clocks is known. Rounds of several steps.
std::string expected_table(const Network& network, std::vector<KnownRank>& clocks, int rounds, int steps) {
  std::vector<double> seconds[4], relative[4];
  for (KnownRank& r : clocks) r.new_share();
  for (int round = 0; round < rounds; ++round)
    for (int level = 0; level < 4; ++level) {
      double slowest = 0;
      for (KnownRank& r : clocks) {
        r.begin();
        slowest = std::max(slowest, r.wall.section() / steps);
        r.end();
      }
      seconds[level].push_back(slowest);
      relative[level].push_back(slowest / seconds[0][size_t(round)]);
    }
  const auto middle = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[(values.size() - 1) / 2];
  };
  const auto least = [](const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); };
  const double lost = most_lost(clocks);
  std::string text = "\n";
  double parameters = 0;
  for (size_t l = 0; l < network.sizes.size(); ++l) {
    text += (l > 0 ? "-" : "") + std::to_string(network.sizes[l]);
    if (l > 0) parameters += double(network.sizes[l - 1] + 1) * network.sizes[l];
  }
  text += line(", %.0f parameters, batch %zu, Adam, %d ranks\n", parameters, network.batch, ranks());
  text += line("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(verdict(lost, session().node_size())));
  text += "        ms a step          to level 0                    MB of         MB sent\n"
          "level   fastest   median   fastest   median of rounds   model state   in a step\n";
  for (int level = 0; level < 4; ++level) {
    const Costs c = costs(network.sizes, level, 1, ranks(), ranks(), 2, 0);
    text += line("%5d   %7.2f   %6.2f   %7.2f   %16.2f   %11.2f   %9.2f\n", level, 1000 * least(seconds[level]),
                 1000 * middle(seconds[level]), least(seconds[level]) / least(seconds[0]), middle(relative[level]),
                 c.memory() / 1000000, c.sent / 1000000);
  }
  return text;
}

// busy: how many seconds of a core a second takes. 0.9 seems little, but a turn reads the clock on the wall three times.
void expect_bench(const std::vector<std::string>& options, double busy, int status, int rounds, int steps) {
  const double unit = 0x1p-14;
  std::string printed;
  {
    const ClocksOfTest clocks(rank(), unit, busy);
    EXPECT_ON_ALL_RANKS(run(bench_levels, options, printed) == status);
  }
  std::string expected = machine_name() + line(": %d ranks\n", ranks());
  std::vector<KnownRank> known = known_ranks(ranks(), unit, busy);
  for (const Network& network : networks) expected += expected_table(network, known, rounds, steps);
  EXPECT_EQ(printed, rank() == 0 ? expected : "");
}

TEST(Bench, PrintsWhatTheClocksSay) {
  const auto usual = networks;
  ASSERT_EQ(usual.size(), 3u);
  EXPECT_EQ(usual[0].sizes, (std::vector<int>{784, 512, 256, 10}));
  EXPECT_EQ(usual[1].sizes, (std::vector<int>{784, 512, 512, 512, 512, 512, 512, 512, 512, 10}));
  EXPECT_EQ(usual[2].sizes, usual[0].sizes);
  EXPECT_EQ((std::vector<size_t>{usual[0].batch, usual[1].batch, usual[2].batch}), (std::vector<size_t>{128, 128, 2048}));

  const bool enough = session().node_size() <= usable_cores();
  networks = {{{784, 150, 110, 10}, 9}, {{600, 130, 10}, 7}};
  expect_bench({"--rounds", "5", "--steps", "2", "--only-if-quiet"}, 6, enough ? 0 : 77, 5, 2);
  expect_bench({"--rounds=4"}, 2, 0, 4, 1);
  networks.pop_back();
  expect_bench({"--only-if-quiet", "--rounds", "2"}, 2, 77, 2, 1);
  networks = usual;
}

// Before the clocks count, each level takes one step; then `steps` of them in each round. The clocks do not see the first one, but messages do.
TEST(Bench, LetsEachLevelTakeAStepBeforeItCounts) {
  const auto usual = networks;
  networks = {{{30, 20, 10}, 7}};
  double floats = 0;
  for (int level = 0; level < 4; ++level) floats += costs(networks[0].sizes, level, 1, ranks(), ranks(), 2, rank()).sent / 4;
  std::string printed;
  const size_t before = traffic().floats;
  EXPECT_ON_ALL_RANKS(run(bench_levels, {"--rounds", "3", "--steps", "2"}, printed) == 0);
  const double sent = double(traffic().floats - before);
  EXPECT_ON_ALL_RANKS(sent == (1 + 3 * 2) * floats) << sent << ", not " << (1 + 3 * 2) * floats;
  networks = usual;
}

// Nobody else had the cores. Too few for all ranks are enough, if those of a node have one each; and the other way round.
TEST(Bench, NeedsACoreForEachRankOfItsNode) {
  on_a_node::networks = {{{30, 20, 10}, 7}};
  for (const bool enough : {false, true}) {
    SessionOnANode session{0, enough ? 1 : usable_cores() + 1};
    std::string of_levels, of_prefetch;
    const ClocksOfTest clocks(rank(), 0x1p-14, 1000);
    EXPECT_ON_ALL_RANKS(run_on(session, on_a_node::bench_levels, {"--rounds", "1", "--only-if-quiet"}, of_levels) == (enough ? 0 : 77));
    EXPECT_ON_ALL_RANKS(run_on(session, on_a_node::measure_prefetch, {"--rounds", "1", "--batch", "24", "--hidden", "20", "--only-if-quiet"}, of_prefetch) == (enough ? 0 : 77));
    for (const std::string& printed : {of_levels, of_prefetch})
      EXPECT_EQ(contains(printed, std::string(" % of the time: ") + (enough ? "quiet\n" : "MORE RANKS THAN CORES\n")), rank() == 0) << printed;
  }
}

// --- prefetch ----------------------------------------------------------------------------------------------------------

// Layers of 784 · 20 + 20, 20 · 30 + 30 and 30 · 10 + 10: a step gathers them twice, but the first once.
TEST(Prefetch, TellsWhichPartIsHidden) {
  const double unit = 0x1p-14, all = 15700 + 630 + 310, gatherings = (2 * all - 15700) / all;
  for (const auto& [busy, only_if_quiet] : {std::pair{1000.0, true}, {1.0, true}, {1.0, false}}) {
    std::vector<std::string> options = {"--rounds", "3", "--batch", "24", "--hidden", "20,30"};
    if (only_if_quiet) options.push_back("--only-if-quiet");
    std::string printed;
    int status = -1;
    {
      const ClocksOfTest clocks(rank(), unit, busy);
      status = run(prefetch_program::measure_prefetch, options, printed);
    }
    std::vector<KnownRank> known = known_ranks(ranks(), unit, busy);
    std::vector<double> seconds[3];  // without, with, gathering
    for (int round = -1; round < 3; ++round) {
      if (round <= 0)
        for (KnownRank& r : known) r.new_share();
      double slowest[3] = {0, 0, 0};
      for (KnownRank& r : known) {
        r.begin();
        for (double& s : slowest) s = std::max(s, r.wall.section());
        r.end();
      }
      for (int i = 0; i < 3 && round >= 0; ++i) seconds[i].push_back(slowest[i] * (i == 2 ? gatherings : 1));
    }
    const double lost = most_lost(known);
    const Verdict v = verdict(lost, session().node_size());
    for (auto& s : seconds) std::sort(s.begin(), s.end());
    EXPECT_ON_ALL_RANKS(status == (only_if_quiet && v != Verdict::quiet ? 77 : 0)) << status;
    EXPECT_ON_ALL_RANKS(busy > 1 || v != Verdict::quiet);
    const double a = seconds[0][1], b = seconds[1][1], g = seconds[2][1];
    const std::string expected = machine_name() + line(": %d ranks, %.0f parameters, batch 24, level 3\n", ranks(), all) +
                                 line("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(v)) +
                                 line("without --prefetch   %8.2f ms a step (median)\nwith --prefetch      %8.2f\n", 1000 * a, 1000 * b) +
                                 line("gathering alone      %8.2f: %.0f %% of it are hidden\n", 1000 * g, 100 * (a - b) / g);
    EXPECT_EQ(printed, rank() == 0 ? expected : "");
  }
}

// Who is sent how much, in which order: in each round a step without prefetch, one with it, and all weights to everybody.
TEST(Prefetch, TakesTurnsWithAndWithoutIt) {
  const Dataset data = random_dataset(784, 24);
  const std::vector<int> sizes = {784, 20, 30, 10};
  std::vector<Call> expected, turn[3], calls;
  for (const bool prefetch : {false, true}) {
    CpuDevice device;
    ZeroOptions z;
    z.level = 3, z.micro_batches = ranks(), z.prefetch = prefetch;
    ShardedRun run(device, data, sizes, 24, OptimizerOptions{}, z, MPI_COMM_WORLD);
    log_calls(&turn[prefetch]);
    run.step({0, 24});
    log_calls(prefetch ? nullptr : &turn[2]);
    if (!prefetch) run.weights();
    log_calls(nullptr);
  }
  const auto text = [](const std::vector<Call>& all) {
    std::string told;
    for (const Call& call : all) told += line("%d %zu, ", call.to, call.sent);
    return told;
  };
  EXPECT_ON_ALL_RANKS(text(turn[0]) != text(turn[1])) << "what is gathered ahead comes before the gradients of the layer before";
  for (int round = -1; round < 2; ++round)
    for (const auto& one : turn) expected.insert(expected.end(), one.begin(), one.end());
  std::string printed;
  log_calls(&calls);
  EXPECT_ON_ALL_RANKS(run(prefetch_program::measure_prefetch, {"--rounds", "2", "--batch", "24", "--hidden", "20,30"}, printed) == 0);
  log_calls(nullptr);
  EXPECT_FALSE(calls.empty());
  EXPECT_EQ(text(calls), text(expected));
}

// In each round, and in the one before them, all ranks come to each of the three together.
TEST(Prefetch, BeginsOnAllRanksTogether) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  std::string printed;
  const std::vector<Recorded> calls = record([&] { run(prefetch_program::measure_prefetch, {"--rounds", "2", "--batch", "24", "--hidden", "20"}, printed); });
  EXPECT_ON_ALL_RANKS(peers_of(calls, "MPI_Barrier").size() == 3 * (1 + 2)) << peers_of(calls, "MPI_Barrier").size();
}

// --- train -------------------------------------------------------------------------------------------------------------

// A rank's GPU is that of its place on its node; other weights than those of the serial run are a status.
TEST(Train, AsksForTheDeviceOfItsPlaceAndSaysWhetherItAgrees) {
  const data_sets::DataSet files({60, 5, 7, 10}, {20, 5, 7, 10});
  for (const bool two_level : {false, true})
    for (train_program::spoiled = 1; train_program::spoiled >= 0; --train_program::spoiled) {
      std::vector<std::string> options = {"--data", files.folder, "--hidden", "20,30", "--batch", "24", "--epochs", "1"};
      if (two_level) options.push_back("--two-level");
      Arguments arguments(options);
      SessionOnANode session{40 + rank()};
      int status = -1;
      train_program::asked_for = -1;
      const std::string printed = printed_by([&] { status = train_program::train_sharded(session, arguments.count(), arguments.values()); });
      EXPECT_ON_ALL_RANKS(status == train_program::spoiled) << two_level << printed;
      EXPECT_EQ(printed.empty(), rank() > 0) << printed;
      EXPECT_ON_ALL_RANKS(train_program::asked_for == 40 + rank()) << train_program::asked_for;
    }
  train_program::spoiled = 0;
}

// Each changes what it is named after, and nothing else.
TEST(Options, ReachTheirVariables) {
  ZeroOptions z;
  Options options("");
  z.declare(options);
  const auto all = [&] {
    return line("zero %d unit %d prefetch %d exchange %s chunk-kib %d recompute %d two-level %d micro-batches %d", int(z.level), int(z.unit), int(z.prefetch),
                z.exchange.c_str(), int(z.chunk_kib), int(z.recompute), int(z.two_level), int(z.micro_batches));
  };
  const auto set = [&](const std::vector<std::string>& words) {
    Arguments arguments(words);
    options.parse(arguments.count(), arguments.values());
    return all();
  };
  EXPECT_EQ(all(), "zero 1 unit 1 prefetch 0 exchange auto chunk-kib 1024 recompute 1 two-level 0 micro-batches 1");
  EXPECT_EQ(set({"--zero", "3", "--prefetch", "--chunk-kib", "8"}), "zero 3 unit 1 prefetch 1 exchange auto chunk-kib 8 recompute 1 two-level 0 micro-batches 1");
  EXPECT_EQ(set({"--unit", "7", "--recompute", "4"}), "zero 3 unit 7 prefetch 1 exchange auto chunk-kib 8 recompute 4 two-level 0 micro-batches 1");
  EXPECT_EQ(set({"--two-level", "--exchange", "host"}), "zero 3 unit 7 prefetch 1 exchange host chunk-kib 8 recompute 4 two-level 1 micro-batches 1");
}

TEST(Options, HaveTheseDefaultsAndRanges) {
  std::string printed;
  EXPECT_ON_ALL_RANKS(run(bench_levels, {"--help"}, printed) == 0);
  EXPECT_EQ(options_told(printed), rank() > 0 ? "" : "rounds N (1 to 10000) [41]\nsteps N (1 to 10000) [1]\nonly-if-quiet\n");
  EXPECT_ON_ALL_RANKS(run(prefetch_program::measure_prefetch, {"--help"}, printed) == 0);
  EXPECT_EQ(options_told(printed), rank() > 0 ? "" : "rounds N (1 to 10000) [41]\nbatch N (1 to 1048576) [128]\n"
                                                    "hidden N,N,.. (1 to 65536) [512,512,512,512,512,512,512,512]\nonly-if-quiet\n");
  EXPECT_ON_ALL_RANKS(run(show_memory, {"--help"}, printed) == 0);
  EXPECT_EQ(options_told(printed), rank() > 0 ? "" : "hidden N,N,.. (1 to 65536) [512,512,512,512,512,512,512,512]\n"
                                                    "optimizer sgd|momentum|adam [adam]\nunit N (at least 1) [1]\n"
                                                    "micro-batches N (1 to 1048576) [" + std::to_string(ranks()) + "]\nprefetch\nrecompute N (1 to 1000) [1]\nbits 32|16 [32]\ncsv TEXT\n");
}

}  // namespace
