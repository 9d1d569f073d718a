// Chapter 06's benchmarks before anything is timed: which runs they set beside each other, where nothing takes its turn here; and how a
// rank waits that has nothing to do.
// ranks: 1 3
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "chapters/01_serial/require_samples.h"
#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/scratch.h"
#include "chapters/05_collectives/table.h"
#include "chapters/06_data_parallel/background_allreduce.h"
#include "chapters/06_data_parallel/interleaved.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/statistics.h"
#include "tests/data_sets.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"
#include "tests/session_on_a_node.h"
#include "tests/world.h"

// The options of each setting, and of each serial run that settings take turns with. Their networks are small.
struct Made {
  std::string name;
  DataParallelOptions o;
};
std::vector<Made> made;
Setting noted_setting(const std::string& name, DataParallelOptions o, const Dataset& train) {
  made.push_back({name, o});
  o.hidden = {2};
  return make_setting(name, o, train);
}
struct Turns {
  DataParallelOptions serial;
  int64_t rounds, steps;
};
std::vector<Turns> taken;
Rounds noted_turns(std::vector<Setting>& settings, const DataParallelOptions& serial, const Dataset&, int64_t rounds, int64_t steps, const SessionOnANode&) {
  taken.push_back({serial, rounds, steps});
  for (Setting& s : settings) s.step = s.speedup = s.exchanging = s.alone = s.of_limit = {1};
  return {{1}, {1}, {}, 0};
}

// How it does that, one call after the other. The third look finds that all have come.
std::vector<std::string> called;
int noted_begin(MPI_Comm comm, MPI_Request* request) {
  called.push_back(comm == MPI_COMM_SELF ? "begin" : "begin for others");
  return *request = MPI_REQUEST_NULL, MPI_SUCCESS;
}
int noted_look(int* complete) {
  called.push_back("look");
  return *complete = std::count(called.begin(), called.end(), "look") == 3, MPI_SUCCESS;
}
#define MPI_Ibarrier noted_begin
#define MPI_Test(request, complete, status) noted_look(complete)
#define usleep(microseconds) called.push_back("sleep " + std::to_string(microseconds))
namespace noted_calls {
#include "chapters/06_data_parallel/sleep_until_all.h"
}
#undef usleep
#undef MPI_Test
#undef MPI_Ibarrier

// How many floats of working memory a sum in the background asks for.
size_t floats_of_memory = 0;
Scratch noted_scratch(size_t n) { return floats_of_memory = n, scratch(n); }
#define scratch noted_scratch
namespace noted_memory {
#include "chapters/06_data_parallel/rank_order_in_background.cpp"
}
#undef scratch

// How often a rank sleeps until all have come.
int slept = 0;
void noted_sleep(MPI_Comm) { ++slept; }
#define sleep_until_all_are_here noted_sleep
#include "chapters/06_data_parallel/interleaved.cpp"
#undef sleep_until_all_are_here

bool share_memory(const SessionOnANode&) { return on_one_host(); }
// By which number a program has asked for its GPU; it gets no device.
int number_of_gpu = -1;
std::unique_ptr<Device> noted_device(const std::string&, int number) {
  number_of_gpu = number;
  throw Error("asked for a device");
}

#define main main_of_program
#define MpiSession SessionOnANode
#define run_with_mpi not_run
#define make_setting noted_setting
#define take_turns noted_turns
#define make_device noted_device
namespace bench_program {
#include "chapters/06_data_parallel/bench.cpp"
}
namespace scaling_program {
#include "chapters/06_data_parallel/scaling.cpp"
}
namespace gpu_ways_program {
#include "chapters/06_data_parallel/gpu_ways.cpp"
}
namespace train_program {
#include "chapters/06_data_parallel/train.cpp"
}
#undef make_device
#undef take_turns
#undef make_setting
#undef run_with_mpi
#undef MpiSession
#undef main

namespace {

struct Settings : testing::Test {
  void SetUp() override {
    if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts, and the benchmark leaves out what they cannot do";
    made.clear(), taken.clear();
  }
  SessionOnANode here;
};

// "ring", "mpi, all at once", "rank-order, 256 KiB, overlap", "reproducible, 3 micro-batches": a name says all that is chosen.
TEST_F(Settings, OfTheBenchmarkAreWhatTheirNamesSay) {
  bench_program::Choices c;
  c.rounds = 8, c.steps = 12, c.batch = 6;
  const Dataset data = data_sets::tiny_data(20);
  printed_by([&] { bench_program::bench_settings(data, c, here), bench_program::bench_overlap(data, c, here); });
  ASSERT_EQ(made.size(), 13u + 10);
  for (size_t i = 0; i < made.size(); ++i) {
    const auto& [name, o] = made[i];
    SCOPED_TRACE(name);
    const std::string first = name.substr(0, name.find(", "));
    const size_t kib = name.find(" KiB");
    EXPECT_EQ(o.reproducible, first == "reproducible");
    EXPECT_EQ(o.allreduce, o.reproducible ? "rank-order" : first);
    EXPECT_EQ(o.micro_batches, o.reproducible ? std::stoi(name.substr(name.find(' '))) : 1);
    EXPECT_EQ(o.bucket_kib, kib == std::string::npos ? 0 : std::stoi(name.substr(name.rfind(' ', kib - 1))));
    EXPECT_EQ(o.overlap, name.ends_with(", overlap"));
    EXPECT_EQ(o.hidden, i < 13 ? std::vector<int64_t>({512, 256}) : std::vector<int64_t>(8, 512));
    EXPECT_TRUE(o.ranks == ranks && o.batch == 6 && o.watch == 0 && o.device == "cpu");
  }
  ASSERT_EQ(taken.size(), 2u);
  for (const Turns& turns : taken) EXPECT_TRUE(turns.serial.batch == 6 && turns.serial.hidden.size() == (&turns == &taken[0] ? 2 : 8));
  EXPECT_TRUE(taken[0].rounds == 8 && taken[0].steps == 12 && taken[1].rounds == 4 && taken[1].steps == 4);
}

// Two lines of the same batch for any number of ranks; the third one has 128 rows for each rank, and 128 in the serial step.
TEST_F(Settings, OfScalingHaveTheBatchesOfTheirLines) {
  const data_sets::DataSet data({1024, 2, 2, 3}, {40, 2, 2, 3});
  Arguments arguments({"--data", data.folder, "--rounds", "7"});
  printed_by([&] { scaling_program::scaling(here, arguments.count(), arguments.values()); });
  const std::vector<std::pair<int64_t, int64_t>> batches = {{128, 128}, {1024, 1024}, {128 * ranks, 128}};  // of the setting, of the serial step
  ASSERT_TRUE(made.size() == 3 && taken.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(made[i].o.batch == batches[i].first && taken[i].serial.batch == batches[i].second) << i;
    EXPECT_TRUE(made[i].o.ranks == ranks && made[i].o.watch == 0 && made[i].o.allreduce == "rank-order" && !made[i].o.overlap) << i;
    EXPECT_EQ(taken[i].rounds, 7);
    EXPECT_EQ(taken[i].steps, std::max<int64_t>(3, 1280 / batches[i].first)) << "1280 rows, but three steps at least";
  }
}

// Cores are shared with the ranks of the node, however many there are in the world.
TEST_F(Settings, VerdictsAreForTheRanksOfTheNode) {
  const Dataset data = data_sets::tiny_data(20);
  bench_program::Choices c;
  c.batch = 6, c.only = "ring";
  for (const int ranks_here : {1, 100000}) {
    here.ranks = ranks_here;
    const Verdict expected = ranks_here == 1 ? Verdict::quiet : Verdict::more_ranks_than_cores;
    printed_by([&] {
      EXPECT_EQ(bench_program::bench_settings(data, c, here), expected);
      EXPECT_EQ(scaling_program::measure("some", 6, 6, 1, data, here), expected);
    });
  }
}

TEST(Programs, TakeTheirGpusByTheirNumbersOnTheNode) {
  const data_sets::DataSet data({20, 2, 2, 3}, {10, 2, 2, 3});
  Arguments none({}), cuda({"--data", data.folder, "--device", "cuda", "--batch", "4"});
  for (int number : {0, 5}) {
    SessionOnANode here{number, 8};
    const auto asked_for = [&](auto program, Arguments& arguments) {
      number_of_gpu = -1;
      EXPECT_EQ(error_of([&] { program(here, arguments.count(), arguments.values()); }), "asked for a device");
      return number_of_gpu;
    };
    EXPECT_EQ(asked_for(train_program::train_on_all_ranks, cuda), number);
    if (ranks == 1) continue;  // of which this program wants two
    EXPECT_EQ(asked_for(gpu_ways_program::gpu_ways, none), number);
  }
}

// Who has come sleeps half a millisecond between two looks, and looks until all have come.
TEST(SleepUntilAll, SleepsBetweenItsLooks) {
  called.clear();
  noted_calls::sleep_until_all_are_here(MPI_COMM_SELF);
  const std::vector<std::string> expected = {"begin", "look", "sleep 500", "look", "sleep 500", "look"};
  EXPECT_ON_ALL_RANKS(called == expected) << testing::PrintToString(called);
}

// Blocks of all ranks, of floats or of words: two words take the place of one float, and an odd word that of one more.
TEST(BackgroundMemory, HoldsTheBlocksOfAllRanks) {
  const MessageFormat whole = {[](uint16_t* to, const float* from, size_t n) { std::copy_n(from, n, to); },
                               [](float* to, const uint16_t* from, size_t n) { std::copy_n(from, n, to); }};
  for (size_t n = 1; n <= 7; ++n) {
    std::vector<float> floats(n, 1.0f);
    std::vector<uint16_t> words(n, 1);
    const size_t all = Blocks{n, ranks}.size(rank) * size_t(ranks);
    noted_memory::begin_rank_order(floats.data(), n, 0, MPI_COMM_WORLD)->wait();
    EXPECT_ON_ALL_RANKS(floats_of_memory == all) << n << " floats: " << floats_of_memory;
    noted_memory::begin_rank_order(words.data(), n, 1, whole, MPI_COMM_WORLD)->wait();
    EXPECT_ON_ALL_RANKS(floats_of_memory == all / 2 + all % 2) << n << " words: " << floats_of_memory;
  }
}

// Before and after the serial steps of rank 0 and those of all: no rank computes beside them.
TEST(Turns, EndWithASleepWhereOthersAreMeasured) {
  if (ranks > 1) GTEST_SKIP() << "for one rank: more of them would throw a ball to and fro for long";
  const Dataset data = data_sets::tiny_data(20);
  DataParallelOptions o(ranks);
  o.hidden = {2};
  o.batch = 4;
  std::vector<Setting> none;
  slept = 0;
  take_turns(none, o, data, 3, 1, *session_of_test);
  EXPECT_EQ(slept, 2 * 3);
}

}  // namespace
