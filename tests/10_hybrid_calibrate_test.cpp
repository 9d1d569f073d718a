// The program of chapter 10 that measures a machine, called from here with nodes, clocks, a device and messages that are known beforehand:
// what it asks of them, what it prints and what it writes, computed another way.
// ranks: 4
#include <gtest/gtest.h>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/10_hybrid/hybrid_options.h"
#include "chapters/10_hybrid/machine_file.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/writable.h"
#include "tests/known_share.h"
#include "tests/mpi_expect.h"
#include "tests/options_told.h"
#include "tests/steps_of_benchmark.h"

namespace calibrate_program {

int ranks_of_node = 1;  // of the test: ranks in order, the last node may have fewer
std::string asked;      // of the device and of MPI, in order

struct SessionOfTest {
  int rank() const { return rank_of(MPI_COMM_WORLD); }
  int size() const { return ranks_of(MPI_COMM_WORLD); }
  int node_rank() const { return rank() % ranks_of_node; }
  int node_size() const { return std::min(ranks_of_node, size() - rank() / ranks_of_node * ranks_of_node); }
};
int run_with_mpi(int, char**, int (*)(SessionOfTest&, int, char**)) { return 0; }

struct DeviceOfTest : CpuDevice {
  std::vector<float*> filled;  // and nothing else may be read
  void fill(float* p, float, size_t n) override {
    filled.push_back(p);
    asked += line("fill %zu; ", n);
  }
  void linear_forward(float* y, const float* x, const float* w, const float* bias, Activation, int rows, int in, int out) override {
    const bool well = filled.size() == 2 && x == filled[0] && w == filled[1] && y != x && y != w;
    asked += line("forward %d %d %d%s; ", rows, in, out, bias ? " with bias" : well ? "" : " of other memory");
  }
  void sgd(float* w, const float* g, float, size_t n) override {
    asked += line("sgd %zu%s; ", n, filled.size() == 4 && w == filled[2] && g == filled[3] ? "" : " of other memory");
  }
  void synchronize() override { asked += "wait; "; }
};
std::unique_ptr<Device> device_of_test(const std::string& name, int node_rank) {
  asked += line("%s %d; ", name.c_str(), node_rank);
  return std::make_unique<DeviceOfTest>();
}

// 1 us for rank 0 among those that talk, 10 for rank 1, 100, 1000; a MB takes as many us as there are rounds, and one for 1000 floats.
Machine messages_of_test(MPI_Comm comm, size_t longest, int rounds) {
  double alpha = 1e-6;
  for (int i = rank_of(MPI_COMM_WORLD); i > 0; --i) alpha *= 10;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &alpha, 1, MPI_DOUBLE, MPI_SUM, comm));
  const Curve curve = {{1e18, alpha, 1e-12 * rounds + 1e-15 * double(longest)}};
  asked += line("messages %d; ", ranks_of(comm));
  return {curve, curve, curve};
}
int barrier_of_test(MPI_Comm comm) {
  asked += "barrier; ";
  return barrier_of_a_while(comm);
}

#define MpiSession SessionOfTest
#define MPI_Comm_split_type(comm, type, key, info, part) MPI_Comm_split(comm, (key) / ranks_of_node, key, part)
#define MPI_Barrier barrier_of_test
#define make_device device_of_test
#define calibrate messages_of_test
#include "chapters/10_hybrid/calibrate.cpp"
#undef MpiSession
#undef MPI_Comm_split_type
#undef MPI_Barrier
#undef make_device
#undef calibrate

}  // namespace calibrate_program

namespace {

using calibrate_program::asked, calibrate_program::ranks_of_node;

int rank() { return rank_of(MPI_COMM_WORLD); }

int run(const std::vector<std::string>& options, std::string& printed) {
  Arguments arguments(options);
  calibrate_program::SessionOfTest session;
  int status = -1;
  asked.clear();
  printed = printed_by([&] { status = calibrate_program::calibrate_machine(session, arguments.count(), arguments.values()); });
  return status;
}

// Operations of a product and bytes of an update, by the median time of the slowest rank: all rounds but the first.
double rate(double work, std::vector<KnownRank>& clocks, int rounds) {
  double slowest = 0;
  for (KnownRank& r : clocks) {
    r.wall.read(), r.wall.read();  // a barrier, and where the first round begins
    std::vector<double> seconds;
    for (int i = 0; i < rounds; ++i) r.wall.read(), seconds.push_back(r.wall.section());
    std::sort(seconds.begin(), seconds.end());
    slowest = std::max(slowest, seconds[size_t(rounds - 1) / 2]);
  }
  return work / slowest;
}

// micros: what a short message takes inside of rank 0's node, and from there to others; 0: there is none.
void expect_calibration(int node, double inside, double between, bool only_if_quiet, double busy) {
  ranks_of_node = node;
  const int rounds = 5, longest = 7000, last_node = 4 - 3 / node * node, here = rank() / node * node == 4 - last_node ? last_node : node;
  const std::string file = scratch_file("10_calibrate");
  std::vector<std::string> options = {"--fit", file, "--rounds", "5", "--longest", "7000"};
  if (only_if_quiet) options.push_back("--only-if-quiet");
  const double unit = 0x1p-18;
  std::string printed;
  int status = -1;
  {
    const ClocksOfTest known(rank(), unit, busy);
    status = run(options, printed);
  }
  std::string expected = line("cpu %d; fill %d; fill %d; ", rank() % node, 256 * 784, 784 * 512);
  for (int i = 0; i < 1 + rounds; ++i) expected += "barrier; forward 256 784 512; wait; ";
  expected += "fill 16777216; fill 16777216; ";
  for (int i = 0; i < 1 + rounds; ++i) expected += "barrier; sgd 16777216; wait; ";
  const int elsewhere = (3 - rank() % node) / node + 1;  // ranks with the same place in their nodes
  expected += (here > 1 ? line("messages %d; ", here) : "") + "barrier; " + (elsewhere > 1 ? line("messages %d; ", elsewhere) : "");
  EXPECT_EQ(asked, expected);

  std::vector<KnownRank> clocks = known_ranks(4, unit, busy);
  for (KnownRank& r : clocks) r.new_share(), r.begin();
  PlanMachine machine = typical_machine();
  machine.operations_per_second = rate(2.0 * 256 * 784 * 512, clocks, rounds);
  machine.bytes_per_second = rate(2 * 4 * 16777216.0, clocks, rounds);
  machine.memory = 0.5 * double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)) / node;  // of the largest node
  for (KnownRank& r : clocks) r.wall.read(), r.end();  // a barrier between messages
  const double lost = most_lost(clocks), beta = 1e-12 * rounds + 1e-15 * longest;
  const Verdict of_this_node = verdict(lost, here);
  EXPECT_EQ(status, only_if_quiet && of_this_node != Verdict::quiet ? 77 : 0) << lost;
  EXPECT_EQ(file_is_there(file), rank() == 0 && status == 0);
  if (rank() != 0) {
    EXPECT_EQ(printed, "");
    return;
  }
  std::string text = machine_name() + ", cpu: 4 ranks\n" + line("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(of_this_node)) +
                     line("%.1f billion operations a second, %.1f GB/s, %.1f GB of memory a rank\n", machine.operations_per_second / 1e9,
                          machine.bytes_per_second / 1e9, machine.memory / 1e9);
  if (inside > 0) {
    machine.messages.exchanges = machine.messages.reductions = machine.messages.reductions_of_sent = {{1e18, 1e-6 * inside, beta}};
    text += line("messages inside a node: 4 bytes %.1f us, 1 MB %.1f us\n", inside, inside + rounds + 0.001 * longest);
  } else {
    text += line("messages inside a node: 4 bytes %.1f us, 1 MB %.1f us\n", 0.4 + 4 * 0.15e-3, 10 + 0.14e3);  // as of the typical machine
  }
  if (between > 0) {
    machine.between.exchanges = machine.between.reductions = machine.between.reductions_of_sent = {{1e18, 1e-6 * between, beta}};
    text += line("messages between nodes: 4 bytes %.1f us, 1 MB %.1f us\n", between, between + rounds + 0.001 * longest);
  }
  EXPECT_EQ(printed, text);
  if (status != 0) return;
  const PlanMachine found = load_plan_machine(file);
  std::remove(file.c_str());
  EXPECT_EQ(found.operations_per_second, machine.operations_per_second);
  EXPECT_EQ(found.bytes_per_second, machine.bytes_per_second);
  EXPECT_NEAR(found.memory, machine.memory, 1);
  for (Curve Machine::*line : {&Machine::exchanges, &Machine::reductions, &Machine::reductions_of_sent})
    for (Machine PlanMachine::*kind : {&PlanMachine::messages, &PlanMachine::between}) {
      const Curve &a = found.*kind.*line, &b = machine.*kind.*line;
      ASSERT_EQ(a.size(), b.size());
      for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_NEAR(a[i].alpha, b[i].alpha, 1e-12 * b[i].alpha);
        EXPECT_NEAR(a[i].beta, b[i].beta, 1e-12 * b[i].beta);
      }
    }
}

// One node of four, nodes of one, of three and one, of two: who talks to whom. More ranks on a node than cores are never quiet.
TEST(Calibrate, MeasuresAsTheTextSays) {
  expect_calibration(4, 1111, 0, false, 1000);
  expect_calibration(1, 0, 1111, true, 1000);
  expect_calibration(1, 0, 1111, true, 1);
  expect_calibration(3, 111, 1001, true, 1000);
  expect_calibration(2, 11, 101, false, 1);
}

TEST(Calibrate, HasTheseDefaultsAndRangesAndWantsAFile) {
  std::string printed;
  EXPECT_ON_ALL_RANKS(run({"--help"}, printed) == 0);
  EXPECT_EQ(options_told(printed), rank() > 0 ? "" : "fit TEXT\ndevice cpu|cuda [cpu]\nrounds N (1 to 1000) [7]\nlongest N (4096 to 67108864) [4194304]\nonly-if-quiet\n");
  EXPECT_EQ(error_of([&] { run({"--rounds", "1"}, printed); }), "--fit: in which file shall it be written?");
  EXPECT_EQ(asked, "");
}

}  // namespace
