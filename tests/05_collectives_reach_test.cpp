// Chapter 05: which ranks reach each other's GPUs, tried out; the table of it, and what each case is told to do.
// ranks: 1 2 3 4
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "chapters/05_collectives/peer_reach.h"
#include "tests/device_without_handles.h"
#include "tests/false_driver.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"
#include "tests/program.h"
#include "tests/session_on_a_node.h"
#include "tests/several_hosts.h"
#include "tests/world.h"

#define main main_of_program
#include "chapters/05_collectives/reach.cpp"
// By which number on its node a rank asks for its GPU; it gets that of the test, if there is one.
int number_of_gpu = -1;
std::unique_ptr<Device> device_of_test;
std::unique_ptr<Device> noted_device(const std::string&, int number) {
  number_of_gpu = number;
  if (!device_of_test) throw Error("asked for a device");
  return std::move(device_of_test);
}
#define MpiSession SessionOnANode
#define run_with_mpi not_run
#define make_device noted_device
namespace on_a_node {
#include "chapters/05_collectives/reach.cpp"
}
#undef make_device
#undef run_with_mpi
#undef MpiSession
#undef main

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

namespace {

struct PeerReach : testing::Test {
  void SetUp() override {
    try {
      count_gpus();
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
    if (!on_one_host()) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  }
};

TEST_F(PeerReach, RanksOfANodeReachEachOther) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: which GPUs reach each other depends on the machine";
  CudaDevice device;
  EXPECT_ON_ALL_RANKS(why_not_reached(device, MPI_COMM_WORLD) == std::vector<std::string>(size_t(ranks)));
  EXPECT_ON_ALL_RANKS(device.memory(Purpose::exchange).live == 0);
}

// Memory that has no handle: nobody reaches the last rank, and it reaches all others.
TEST_F(PeerReach, WhereOneHasNoHandleOnlyItIsNotReached) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: which GPUs reach each other depends on the machine";
  DeviceWithoutHandles device(rank == ranks - 1);
  const std::vector<std::string> why = why_not_reached(device, MPI_COMM_WORLD);
  for (int other = 0; other < ranks; ++other) {
    const bool reached = why[size_t(other)].empty();
    ASSERT_ON_ALL_RANKS(reached == (other == rank || other < ranks - 1)) << other << ": " << why[size_t(other)];
    ASSERT_ON_ALL_RANKS(reached || why[size_t(other)] == "invalid argument") << "what its owner was told: " << why[size_t(other)];
  }
  device.gap = 0;
  EXPECT_ON_ALL_RANKS(why_not_reached(device, MPI_COMM_WORLD) == std::vector<std::string>(size_t(ranks)));
  const Buffer box(device, 4, Purpose::workspace);
  device.fill(box, 1.0f, 4);  // which would find an error that was left behind
  device.synchronize();
}

TEST_F(PeerReach, RanksOfAnotherNodeAreNotReached) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: which GPUs reach each other depends on the machine";
  CudaDevice device;
  for (const int of_host : {1, 2}) {
    const HostsOf hosts(of_host);
    if (!HostsOf::are_told()) GTEST_SKIP() << "skipped: no guard that MPI is asked through";
    std::vector<std::string> expected;
    for (int other = 0; other < ranks; ++other) expected.push_back(other / of_host == rank / of_host ? "" : "another node");
    EXPECT_ON_ALL_RANKS(why_not_reached(device, MPI_COMM_WORLD) == expected) << of_host;
  }
}

// --- What the program prints -----------------------------------------------------------------------------------------

std::string printed(auto print) {
  return written_by([&] {
    print();
    std::fflush(stdout);
  });
}

// Ranks 0 and 1 on one node, 2 and 3 on another, where 3 cannot open the memory of 2.
Ranks two_nodes(bool direct) {
  return {{"a, cores 0", "a, cores 1", "b, cores 0", "b, cores 1"}, {"-pnn", "p-nn", "nn-p", "nnr-"}, {"", "", "", "invalid argument"},
          {direct, direct, direct, true}};
}

TEST(Reach, ATableHasTheWayOfEachPair) {
  const std::string ranks_of_table = "rank 0: a, cores 0\nrank 1: a, cores 1\nrank 2: b, cores 0\nrank 3: b, cores 1\n";
  EXPECT_EQ(printed([] { print_table(two_nodes(false)); }), ranks_of_table + "          0    1    2    3\n"
                                                                             "     0    - peer host host\n"
                                                                             "     1 peer    - host host\n"
                                                                             "     2 host host    - host\n"
                                                                             "     3 host host host    -\n");
  EXPECT_TRUE(printed([] { print_table(two_nodes(true)); }).ends_with("     2  mpi  mpi    -  mpi\n     3  mpi  mpi  mpi    -\n"));
}

TEST(Reach, EachCaseIsToldWhatToDo) {
  const GpuSupport no{false, "X says no"}, yes{true, "X says yes"};
  const std::string refused = "1 of one node do not reach each other (ranks 2 and 3: invalid argument)\n"
                              "  -> Slurm: --gpus-per-node, not --gpus-per-task; a container: without --pid, --ipc and --contain;\n"
                              "     else the machine has no way between them: nvidia-smi topo -p2p r\n";
  const std::string none = printed([&] { print_advice(two_nodes(false), no, "Open MPI v5"); });
  EXPECT_TRUE(none.starts_with("6 pairs: 1 peer, 0 mpi, 5 host\n" + refused)) << none;
  EXPECT_TRUE(none.ends_with("\nbetween nodes gradients go through the host: MPI takes no pointers into a GPU's memory (X says no)\n"
                             "  -> `module avail` for names with CUDA in them (OpenMPI/...-CUDA, UCX-CUDA, nvhpc), or build it: --with-ucx --with-cuda\n"
                             "     more of it: common/cluster/README.md\n"))
      << none;
  const std::string direct = printed([&] { print_advice(two_nodes(true), yes, "Open MPI v5"); });
  EXPECT_TRUE(direct.starts_with("6 pairs: 1 peer, 5 mpi, 0 host\n" + refused)) << direct;
  EXPECT_TRUE(direct.ends_with(refused)) << direct;
  const Ranks both_refused = {{"a", "a"}, {"-r", "r-"}, {"said by 0", "said by 1"}, {false, false}}, first_refused = {{"a", "a"}, {"-r", "p-"}, {"said by 0", ""}, {false, false}};
  for (const Ranks& pair : {both_refused, first_refused})
    EXPECT_TRUE(contains(printed([&] { print_advice(pair, yes, ""); }), "\n1 of one node do not reach each other (ranks 0 and 1: said by 0)\n"));
  const Ranks one_node = {{"a", "a"}, {"-p", "p-"}, {"", ""}, {false, false}};
  EXPECT_EQ(printed([&] { print_advice(one_node, yes, ""); }), "1 pairs: 1 peer, 0 mpi, 0 host\n");
  EXPECT_EQ(printed([&] { print_advice(one_node, no, "another"); }),
            "1 pairs: 1 peer, 0 mpi, 0 host\nMPI takes no pointers into a GPU's memory (X says no)\n  -> ask its manual\n"
            "     peers need none: common/cluster/README.md\n");
}

// The whole program, on one host and on hosts of two ranks: a line for each rank, the table, the pairs.
TEST_F(PeerReach, TheProgramTellsTheWayOfEachPair) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: which GPUs reach each other depends on the machine";
  for (const int of_host : {ranks, 2}) {
    const HostsOf hosts(of_host);
    if (!HostsOf::are_told()) GTEST_SKIP() << "skipped: no guard that MPI is asked through";
    Arguments arguments({});
    int status = -1;
    const std::string text = printed([&] { status = reach(*session_of_test, arguments.count(), arguments.values()); });
    EXPECT_ON_ALL_RANKS(status == 0);
    const std::string between = mpi_gpu_support().direct ? "  mpi" : " host";
    std::string table = "\n      ";
    for (int to = 0; to < ranks; ++to) table += "    " + std::to_string(to);
    int near = 0;
    for (int from = 0; from < ranks; ++from) {
      table += "\n     " + std::to_string(from);
      for (int to = 0; to < ranks; ++to) table += from == to ? "    -" : from / of_host == to / of_host ? " peer" : between;
      for (int to = from + 1; to < ranks; ++to) near += from / of_host == to / of_host;
    }
    table += "\n" + std::to_string(ranks * (ranks - 1) / 2) + " pairs: " + std::to_string(near) + " peer, ";
    EXPECT_ON_ALL_RANKS(rank == 0 ? bool(contains(text, table)) : text.empty()) << table << text;
    const std::string begin = "NOT A GPU: the CPU stands in for one, and all ranks of a node share it\nrank 0: " + describe(*session_of_test) + "\n";
    EXPECT_ON_ALL_RANKS(rank != 0 || text.starts_with(begin)) << text;
  }
}

// Hosts of two ranks, and memory of the last rank that has no handle: it is its neighbour who is told why.
TEST_F(PeerReach, TheProgramSaysWhyARankIsNotReached) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: which GPUs reach each other depends on the machine";
  const HostsOf two(2);
  if (!HostsOf::are_told()) GTEST_SKIP() << "skipped: no guard that MPI is asked through";
  device_of_test = std::make_unique<DeviceWithoutHandles>(rank == ranks - 1);
  SessionOnANode here{rank % 2, 2};
  Arguments arguments({});
  int status = -1;
  const std::string text = printed([&] { status = on_a_node::reach(here, arguments.count(), arguments.values()); });
  EXPECT_ON_ALL_RANKS(status == 0);
  const std::string last = std::to_string(ranks - 1), before = std::to_string(ranks - 2);
  const bool told = bool(contains(text, "\n1 of one node do not reach each other (ranks " + before + " and " + last + ": invalid argument)\n"));
  EXPECT_ON_ALL_RANKS(told == (rank == 0 && ranks % 2 == 0)) << text;
}

// Texts come in the order of the ranks, the longest as far as there is room; those of a rank say its host and its cores.
TEST(Reach, TextsOfAllRanksComeToRank0) {
  const std::vector<std::string> texts = of_all_ranks(std::string(size_t(298 + rank), char('a' + rank)) + "!");
  std::vector<std::string> expected;
  for (int r = 0; r < ranks; ++r) expected.push_back((std::string(size_t(298 + r), char('a' + r)) + "!").substr(0, 299));
  EXPECT_ON_ALL_RANKS(rank != 0 || texts == expected);
  char host[100] = "";
  gethostname(host, sizeof host);
  const bool with_gpus = dlopen("libcuda.so.1", RTLD_NOW);
  EXPECT_ON_ALL_RANKS(with_gpus || describe(*session_of_test) == host + (", cores " + list_of(allowed_cores()))) << host;
  const std::vector<std::string> rows = long_texts_of_all_ranks(std::string(299, char('a' + rank)) + std::string(400, char('A' + rank)));
  for (int r = 0; r < ranks; ++r)
    EXPECT_ON_ALL_RANKS(rank != 0 || rows[size_t(r)] == std::string(299, char('a' + r)) + std::string(400, char('A' + r)));
}

// Two GPUs, of which the system says for one what is near to it: for the first, or for the second.
TEST(Reach, ARankIsToldWithItsGpuAndItsCores) {
  if (dlopen("libcuda.so.1", RTLD_NOW)) GTEST_SKIP() << "skipped: the driver of a GPU is here";
  ASSERT_TRUE(load_false_driver()) << dlerror();
  const std::string folder = testing::TempDir() + "reach_" + std::to_string(getpid());
  char host[100] = "";
  gethostname(host, sizeof host);
  for (const auto& [known, second] : {std::pair(0, 0), std::pair(0, 1), std::pair(1, 0), std::pair(1, 1)}) {
    const std::string address = folder + (known == 1 ? "/0000:c1:00.0" : "/0000:c3:00.0");
    std::filesystem::create_directories(address);
    std::ofstream(address + "/local_cpulist") << "0-1,4\n";
    setenv("PCI_DEVICES", folder.c_str(), 1);
    setenv("CUDA_VISIBLE_DEVICES", "3,1", 1);
    const std::string mine = on_a_node::describe({.number = 2 + second, .ranks = 8});
    for (const char* name : {"PCI_DEVICES", "CUDA_VISIBLE_DEVICES"}) unsetenv(name);
    std::filesystem::remove_all(folder);
    const std::string gpu = second ? ", GPU 1 of 2 0000:c1:00.0" : ", GPU 0 of 2 0000:c3:00.0", near = second == known ? ", near its GPU: 0-1,4" : "";
    EXPECT_ON_ALL_RANKS(mine == host + gpu + ", cores " + list_of(allowed_cores()) + near) << mine;
  }
}

TEST(Reach, ARankTakesItsGpuByItsNumberOnTheNode) {
  SessionOnANode here{5, 8};
  Arguments arguments({});
  EXPECT_EQ(error_of([&] { on_a_node::reach(here, arguments.count(), arguments.values()); }), "asked for a device");
  EXPECT_EQ(number_of_gpu, 5);
}

TEST(Reach, AdviceIsForTheLibraryThatIsHere) {
  unsetenv("MPIR_CVAR_ENABLE_GPU");
  EXPECT_EQ(advice_for("MPICH Version:      4.0.2"),
            "that of Debian and Ubuntu takes none: `module avail` for names with CUDA in them, or build it: --with-device=ch4:ucx --with-cuda");
  EXPECT_EQ(advice_for("MPI VERSION    : CRAY MPICH version 8.1"),
            "module load craype-accel-nvidia80 (the GPU's name), export MPICH_GPU_SUPPORT_ENABLED=1");
  EXPECT_TRUE(contains(advice_for("Open MPI v4.1.4"), "--with-ucx --with-cuda"));
  EXPECT_EQ(advice_for("Intel(R) MPI Library 2021"), "ask its manual");
  setenv("MPIR_CVAR_ENABLE_GPU", "0", 1);
  EXPECT_EQ(advice_for("MPICH Version:      4.0.2"), "MPIR_CVAR_ENABLE_GPU=0 is set: take it away");
  setenv("MPIR_CVAR_ENABLE_GPU", "1", 1);
  EXPECT_TRUE(contains(advice_for("MPICH Version:      4.0.2"), "that of Debian and Ubuntu takes none"));
  unsetenv("MPIR_CVAR_ENABLE_GPU");
}

}  // namespace
