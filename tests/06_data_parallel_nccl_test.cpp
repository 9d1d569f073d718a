// Chapter 06's yardstick between GPUs: NCCL is called as nccl.h has it, by a library that calls itself so, counts and adds; and the
// program that sets the ways between GPUs beside it.
// ranks: 2 3 4
#include <gtest/gtest.h>
#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/shared_window.h"
#include "tests/error_of.h"
#include "tests/false_library.h"
#include "tests/full_disk.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"
#include "tests/program.h"
#include "tests/world.h"

// The device whose stream a sum waits for.
static CudaDevice* device_of_sum = nullptr;
static std::unique_ptr<Device> noted_device(const std::string& name, int node_rank = 0) {
  std::unique_ptr<Device> device = make_device(name, node_rank);
  device_of_sum = dynamic_cast<CudaDevice*>(device.get());
  return device;
}

#define main main_of_program
#define make_device noted_device
#include "chapters/06_data_parallel/gpu_ways.cpp"
#undef make_device
#undef main

extern MpiSession* session_of_test;
extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

namespace {

const char* const false_nccl = R"(
#include <string.h>
struct Id { char bytes[128]; };
int ids, inits, sums, destroyed, refuses_id, refuses_init, refuses_sum, said_ranks, said_rank;
struct Id said_id;
void (*add)(float* data, size_t n, void* stream);
static int group;
int ncclGetUniqueId(struct Id* id) { ids++; memset(id, 'n', sizeof *id); id->bytes[127] = 'z'; return refuses_id; }
int ncclCommInitRank(void** made, int ranks, struct Id id, int rank) {
  inits++, said_ranks = ranks, said_rank = rank, said_id = id;
  *made = refuses_init ? 0 : &group;
  return refuses_init;
}
int ncclAllReduce(const void* from, void* to, size_t n, int type, int operation, void* nccl, void* stream) {
  sums++;
  if (refuses_sum || from != to || type != 7 || operation != 0 || nccl != &group) return 4;
  add(to, n, stream);
  return 0;
}
int ncclCommDestroy(void* nccl) { destroyed++; return nccl != &group; }
const char* ncclGetErrorString(int status) { return status == 5 ? "invalid usage" : "an error"; }
)";

// What NCCL does on its stream happens here at once; memory of the GPU is the host's.
void* stream_of_sum = nullptr;
bool always_its_stream = true;
void add_by_mpi(float* data, size_t n, void* stream) {
  stream_of_sum = stream;
  always_its_stream = always_its_stream && stream == device_of_sum->stream();
  device_of_sum->synchronize();
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, data, int(n), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD));
}

class FalseNccl : public testing::Test {
 protected:
  void SetUp() override {
    if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU the true NCCL is asked";
    device = noted_device("cuda");
    if (!library) library = load_false_library(false_nccl, "libnccl.so.2");
    ASSERT_ON_ALL_RANKS(library != nullptr);
    number("refuses_id") = number("refuses_init") = number("refuses_sum") = 0;
    for (const char* count : {"ids", "inits", "sums", "destroyed"}) number(count) = 0;
    *static_cast<void (**)(float*, size_t, void*)>(dlsym(library, "add")) = add_by_mpi;
  }
  static int& number(const char* name) { return *static_cast<int*>(dlsym(library, name)); }

  std::unique_ptr<Device> device;
  static inline void* library = nullptr;
};

// On all ranks, or on the last one alone.
TEST_F(FalseNccl, IsMissingWhereOneRankHasNone) {
  for (const bool others_have_one : {false, true}) {
    const bool here = others_have_one && rank < ranks - 1;
    Nccl nccl(MPI_COMM_WORLD, {"no_such_library.so", here ? "libnccl.so.2" : "no_such_library_either.so"});
    ASSERT_ON_ALL_RANKS(nccl.why_not() == "no NCCL") << nccl.why_not();
    ASSERT_ON_ALL_RANKS(error_of([&] { nccl.allreduce(nullptr, 1, nullptr); }) == "no NCCL");
  }
  EXPECT_ON_ALL_RANKS(number("ids") == 0 && number("inits") == 0);
}

TEST_F(FalseNccl, IsAskedOnceAndAddsOnTheStream) {
  {
    Nccl nccl(MPI_COMM_WORLD);
    ASSERT_ON_ALL_RANKS(nccl.why_not().empty()) << nccl.why_not();
    EXPECT_ON_ALL_RANKS(number("ids") == (rank == 0 ? 1 : 0) && number("inits") == 1);
    EXPECT_ON_ALL_RANKS(number("said_ranks") == ranks && number("said_rank") == rank);
    EXPECT_ON_ALL_RANKS(std::string(static_cast<char*>(dlsym(library, "said_id")), 128) == std::string(127, 'n') + 'z');
    const Buffer data(*device, 1001, Purpose::gradients);
    device->fill(data, float(rank + 1), 1001);
    nccl.allreduce(data, 1000, device_of_sum->stream());
    EXPECT_ON_ALL_RANKS(stream_of_sum == device_of_sum->stream());
    std::vector<float> sums(1001);
    device->copy_out(sums.data(), data.data(), 1001);
    std::vector<float> expected(1001, float(ranks * (ranks + 1) / 2));
    expected.back() = float(rank + 1);
    EXPECT_ON_ALL_RANKS(sums == expected);
    number("refuses_sum") = 1;
    EXPECT_ON_ALL_RANKS(error_of([&] { nccl.allreduce(data, 1, nullptr); }) == "NCCL refuses: an error");
    EXPECT_ON_ALL_RANKS(number("sums") == 2 && number("destroyed") == 0);
  }
  EXPECT_ON_ALL_RANKS(number("destroyed") == 1);
}

// As where two ranks have one GPU, or where rank 0 can make no name: all ranks say the same.
TEST_F(FalseNccl, RefusesOnAllRanksWhereItRefusesOnOne) {
  number("refuses_init") = rank == ranks - 1 ? 5 : 0;
  {
    Nccl nccl(MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(nccl.why_not() == "NCCL refuses: invalid usage") << nccl.why_not();
  }
  EXPECT_ON_ALL_RANKS(number("destroyed") == (rank < ranks - 1 ? 1 : 0)) << "what was made is destroyed";
  number("refuses_init") = 0;
  number("refuses_id") = 1;
  Nccl nccl(MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(nccl.why_not() == "NCCL refuses: an error") << nccl.why_not();
  EXPECT_ON_ALL_RANKS(number("inits") == 1) << "without a name nobody begins";
}

// --- The program -----------------------------------------------------------------------------------------------------

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// What the program must find by the clocks of all ranks, as its table has it: of each way the median over the rounds of the slowest
// rank's time of a sum. readings: of the clock in one sum, two for each stretch of it that is timed.
std::string expected_rows(const std::vector<std::pair<std::string, int>>& ways_and_readings, int rounds) {
  std::vector<KnownClock> clocks;
  for (int r = 0; r < ranks; ++r) clocks.emplace_back(r);
  std::ostringstream rows;
  for (const int bytes : {1024, 4096, 16384}) {
    std::vector<std::vector<double>> seconds(ways_and_readings.size());
    const auto sums = [&](KnownClock& clock, size_t way, int times) {
      for (int reading = 0; reading < times * ways_and_readings[way].second; ++reading) clock.read();
    };
    for (size_t way = 0; way < seconds.size(); ++way)
      for (KnownClock& clock : clocks) sums(clock, way, 1);
    for (int round = 0; round < rounds; ++round)
      for (size_t way = 0; way < seconds.size(); ++way) {
        double slowest = 0;
        for (KnownClock& clock : clocks) {
          sums(clock, way, 1);
          const double begin = clock.read();
          sums(clock, way, 20);
          slowest = std::max(slowest, (clock.read() - begin) / 20);
        }
        seconds[way].push_back(slowest);
      }
    for (size_t way = 0; way < seconds.size(); ++way) {
      std::sort(seconds[way].begin(), seconds[way].end());
      const double middle = seconds[way][seconds[way].size() / 2];
      rows << ranks << ',' << bytes << ',' << ways_and_readings[way].first << ',' << middle << ',' << 2e-9 * bytes * (ranks - 1) / ranks / middle << '\n';
    }
  }
  return rows.str();
}

// For each of three lengths: one sum that is looked at, and in each of three rounds one that is not timed and twenty that are.
TEST_F(FalseNccl, StandsBesideTheWaysOfTheProgram) {
  const std::string file = testing::TempDir() + "gpu_ways_" + std::to_string(getpid()) + ".csv";
  const std::vector<const char*> arguments = {"gpu_ways", "--rehearse", "--rounds", "3", "--csv", file.c_str()};
  int status = -1;
  always_its_stream = true;
  const ClockOfTest by_test{KnownClock(rank)};
  const std::string text = written_by([&] {
    status = gpu_ways(*session_of_test, int(arguments.size()), const_cast<char**>(arguments.data()));
    std::fflush(stdout);
  });
  EXPECT_ON_ALL_RANKS(status == 0);
  EXPECT_ON_ALL_RANKS(always_its_stream) << "behind what the device was given";
  EXPECT_ON_ALL_RANKS(number("sums") == 3 * (1 + 3 * 21)) << number("sums");
  EXPECT_ON_ALL_RANKS(number("inits") == 1 && number("destroyed") == 1);
  if (rank != 0) {
    EXPECT_EQ(text, "");
    return;
  }
  const bool peers = text.find(" peer") != std::string::npos;
  EXPECT_TRUE(contains(text, std::to_string(ranks) + " ranks, " + std::to_string(session_of_test->node_size()) + " on this node, which has " +
                                 std::to_string(count_gpus()) + " x " + device->name() + "\n"));
  EXPECT_TRUE(contains(text, "--exchange mpi: MPI takes no pointers into a GPU's memory"));
  for (const char* line : {"\n     1024 ", "\n     4096 ", "\n    16384 ", "host: ", " of NCCL's bandwidth for 16384 bytes; below 65536 bytes at most "})
    EXPECT_TRUE(contains(text, line));
  // Through the host: all of it, the messages of one chunk, the loss. From GPU to GPU: the call, and what is behind it.
  std::vector<std::pair<std::string, int>> ways = {{"host", 6}, {"NCCL", 0}};
  if (peers) ways.insert(ways.begin() + 1, {"peer", 4});
  EXPECT_EQ(text_of(file), "ranks,bytes,way,seconds,gb_per_s\n" + expected_rows(ways, 3));
  std::filesystem::remove(file);
}

// Short vectors twenty times, those of a MiB and more three times, and one before that is not timed.
TEST_F(FalseNccl, ATimeIsThatOfOneSum) {
  static double now = 0;
  const ClockOfTest by_hand([] { return now; });
  for (const size_t n : {size_t{2}, mib / 4 - 2, mib / 4}) {
    Vector vector(*device, n);
    EXPECT_ON_ALL_RANKS(vector.data.size() == n && vector.layout.count == n) << "as many as are summed";
    int sums = 0;
    vector.sum = [&] { now += ++sums > 1 ? 0.25 : 1000; };
    EXPECT_ON_ALL_RANKS(seconds_of(vector) == 0.25 && sums == (n < mib / 4 ? 21 : 4)) << sums << " sums of " << n;
  }
  EXPECT_EQ(lengths_in_bytes(true), (std::vector<size_t>{1024, 4096, 16384}));
  EXPECT_EQ(lengths_in_bytes(false), (std::vector<size_t>{1024, 4096, 16384, 65536, 262144, mib, 4 * mib, 16 * mib, 64 * mib}));
}

// What the clock of a time is read at: how often the host has waited for its GPU by then, and whether the last rank has come.
struct Reading {
  unsigned long waits;
  bool all_here;
};
std::vector<Reading> readings;
float* last_has_come = nullptr;

// The time begins when all are there and nothing of the first sum is left to do, and ends when the last sum is done.
TEST_F(FalseNccl, ATimeBeginsBehindTheFirstSumAndEndsBehindTheLast) {
  if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts and share no memory";
  SharedWindow come(MPI_COMM_WORLD, 1);
  last_has_come = come.of(0);
  Vector vector(*device, mib / 4);
  vector.sum = [&, sums = 0]() mutable {
    device->fill(vector.data, 1.0f, vector.data.size());  // done when somebody waits for it
    if (sums++ > 0 || rank < ranks - 1) return;
    usleep(20000);
    std::atomic_ref<float>(*last_has_come).store(1.0f);
  };
  readings.clear();
  const ClockOfTest by_test([] {
    readings.push_back({cuda_on_cpu_waits, std::atomic_ref<float>(*last_has_come) == 1.0f});
    return 0.0;
  });
  const unsigned long before = cuda_on_cpu_waits;
  seconds_of(vector);
  ASSERT_ON_ALL_RANKS(readings.size() == 2);
  EXPECT_ON_ALL_RANKS(readings[0].waits == before + 1 && readings[1].waits == before + 2) << readings[0].waits - before << " and " << readings[1].waits - before;
  EXPECT_ON_ALL_RANKS(readings[0].all_here);
}

TEST_F(FalseNccl, WithoutRehearsalNothingIsTimedOnTheCpu) {
  const char* arguments[] = {"gpu_ways"};
  int status = -1;
  const std::string text = written_by([&] {
    status = gpu_ways(*session_of_test, 1, const_cast<char**>(arguments));
    std::fflush(stdout);
  });
  EXPECT_ON_ALL_RANKS(status == 77 && number("inits") == 0);
  EXPECT_ON_ALL_RANKS(text == (rank > 0 ? "" : "skipped: no GPU: kernels run on the CPU, and times would say nothing\n")) << text;
}

// Rank 0 alone is asked: it does not get as far as to the others.
TEST_F(FalseNccl, AFileThatCannotBeWrittenIsToldFirst) {
  const char* arguments[] = {"gpu_ways", "--rehearse", "--csv", "/no/such/folder/a"};
  if (rank == 0) {
    EXPECT_EQ(error_of([&] { gpu_ways(*session_of_test, 4, const_cast<char**>(arguments)); }), "/no/such/folder/a: cannot be written");
  }
}

// A way that has not added is no way to time: here one that does nothing.
TEST_F(FalseNccl, AWrongSumIsNotTimed) {
  Vector vector(*device, 6);
  vector.sum = [] {};
  EXPECT_ON_ALL_RANKS(error_of([&] { require_right_sum(vector, "nothing"); }) == "a sum of 6 floats by nothing is wrong");
}

// Lengths by hand: 1 KiB and 4 KiB are short, 64 KiB and 1 MiB are not.
TEST(GpuWays, AreHeldAgainstNccl) {
  const std::vector<Row> rows = {{1024, {3e-6, 1e-6}}, {4096, {8e-6, 2e-6}}, {65536, {90e-6, 10e-6}}, {mib, {400e-6, 100e-6}}};
  const auto told = [&](const std::vector<std::string>& ways) {
    return written_by([&] {
      print_against_nccl(ways, rows);
      std::fflush(stdout);
    });
  };
  EXPECT_EQ(told({"host", "NCCL"}), "host: 0.25 of NCCL's bandwidth for 1048576 bytes; below 65536 bytes at most 4.00 of its time\n");
  EXPECT_EQ(told({"host", "peer"}), "");
  EXPECT_EQ(error_of([&] { write_csv("", {"host", "NCCL"}, rows, 4); }), "") << "nobody asks for a file";
  const FullDisk full;
  EXPECT_EQ(error_of([&] { write_csv(full.file(), {"host", "NCCL"}, rows, 4); }), full.file() + ": cannot be written");
  const std::string table = written_by([&] {
    print_table({"host", "NCCL"}, {rows[0], rows[3]}, 4);
    std::fflush(stdout);
  });
  EXPECT_EQ(table,
            "                          host                 NCCL\n"
            "    bytes         us      GB/s         us      GB/s\n"
            "     1024        3.0     0.512        1.0     1.536\n"
            "  1048576      400.0     3.932      100.0    15.729\n");
}

}  // namespace
