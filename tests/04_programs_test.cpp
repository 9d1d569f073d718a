// The programs of chapter 04 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>

#include <sched.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/false_library.h"
#include "tests/options_told.h"
#include "tests/program.h"

namespace {

// These programs are MPI jobs of their own, whatever job this test may be part of.
ProgramRun launch(int ranks, const std::string& command, const std::string& environment = "") {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + environment + " sh common/mpi/launch " +
                     std::to_string(ranks) + " " + build_folder() + "/chapters/04_point_to_point/" + command);
}

const std::string quick = "train --hidden 24,16 --train-samples 600 --batch 50 --epochs 1 --data " + data_sets::first_images() + " ";

// Each option with its limits and what it is if nothing is said. The body of the text comes from rank 0 alone; one rank is enough to see it.
std::string told(const std::string& program) {
  const ProgramRun run = launch(1, program + " --help");
  EXPECT_EQ(run.status, 0) << run.output;
  return options_told(run.output);
}

TEST(Programs, HelpNamesEveryOption) {
  EXPECT_EQ(told("train"),
            "device cpu|cuda [cpu]\ndata TEXT [build/data]\nhidden N,N,.. (1 to 65536) [512,256]\nepochs N (0 to 100000) [10]\n"
            "batch N (1 to 1048576) [128]\nmicro-batches N (1 to 1048576) [1]\noptimizer sgd|momentum|adam [sgd]\n"
            "learning-rate X (0 to 1000) [0.1]\nmomentum X (0 to 1) [0.9]\ntrain-samples N (at least 0) [0]\nseed N (at least 0) [1]\nlog TEXT\n");
  EXPECT_TRUE(contains(launch(3, "train --help").output, " [3]\n")) << "a micro-batch for each rank";
  EXPECT_EQ(told("ring"), "way blocking|ordered|sendrecv|nonblocking [blocking]\nbytes N (4 to 2147483647) [1048576]\nlaps N (1 to 1000000) [1]\n");
  EXPECT_EQ(told("ping_pong"), "most N (8 to 2147483647) [4194304]\nrounds N (1 to 1000) [41]\nlog TEXT\n");
  EXPECT_EQ(told("overlap"), "bytes N (1 to 2147483647) [16777216]\nrounds N (1 to 1000) [9]\ntests N (1 to 1000000) [200]\n");
}

// Lines of several ranks come in any order.
TEST(FirstProgram, SendsTwoNumbersToRank1) {
  const ProgramRun two = launch(2, "first");
  EXPECT_EQ(two.status, 0) << two.output;
  EXPECT_EQ(two.lines(), 3u) << two.output;
  for (const char* line : {"rank 0 of 2: x = 3.5, 7\n", "rank 1 has a message from rank 0 with tag 5\n",
                           "rank 1 of 2: x = 3.5, 7\n"})
    EXPECT_TRUE(contains(two.output, line));
}

TEST(FirstProgram, ThirdRankKeepsItsOwnNumbers) {
  const ProgramRun three = launch(3, "first");
  EXPECT_EQ(three.status, 0) << three.output;
  EXPECT_EQ(three.lines(), 4u) << three.output;
  for (const char* line :
       {"rank 0 of 3: x = 3.5, 7\n", "rank 1 of 3: x = 3.5, 7\n", "rank 2 of 3: x = 0, 0\n"})
    EXPECT_TRUE(contains(three.output, line));
}

TEST(FirstProgram, OneRankHasNobodyToSendTo) {
  const auto alone = [] { return launch(1, "first", "OMPI_MCA_orte_execute_quiet=0"); };  // the words are those of Open MPI's launcher
  ProgramRun one = alone();
  for (int again = 0; again < 20 && words_of_mpi_are_lost(one); ++again) one = alone();
  EXPECT_NE(one.status, 0) << one.output;
  EXPECT_TRUE(contains(one.output, "nvalid rank"));
  EXPECT_FALSE(contains(one.output, "x ="));
}

TEST(HelloProgram, EveryRankHasItsLine) {
  const ProgramRun run = launch(3, "hello");
  EXPECT_EQ(run.status, 0) << run.output;
  for (const char* text : {"0 of 3", "1 of 3", "2 of 3", "in MPI calls: "})
    EXPECT_TRUE(contains(run.output, text));
}

// A library that says what the test wants takes the place of the GPU's driver, and of MPI's own answer.
TEST(HelloProgram, AsksTheDriverAndMpi) {
  const std::string folder = testing::TempDir() + "hello_" + std::to_string(getpid());
  const auto run_with = [&](int ranks, const std::string& source, const std::string& hosts = "") {
    run_program("mkdir -p " + folder);
    make_false_library(folder + "/libcuda.so.1", source, "libcuda.so.1");
    return launch(ranks, "hello", "LD_LIBRARY_PATH=" + folder + " LD_PRELOAD=" + folder + "/libcuda.so.1 " + hosts).output;
  };
  const std::string init = "int cuInit(unsigned flags) { return flags == 0 ? 0 : 1; }", two = "int cuDeviceGetCount(int* count) { *count = 2; return 0; }";
  const std::string yes = run_with(2, init + two + "int MPIX_GPU_query_support(int kind, int* answer) { *answer = kind == 0 ? 2 : 0; return 0; }");
  EXPECT_TRUE(contains(yes, "0 of 2\n"));
  EXPECT_EQ(bool(contains(yes, "1 of 2\n")), !on_several_hosts(2)) << yes;  // a host of its own has two for each rank
  EXPECT_FALSE(contains(yes, "none"));
  EXPECT_TRUE(contains(yes, "in MPI calls: yes (MPIX_GPU_query_support says yes)\n"));
  const std::string no = "int MPIX_GPU_query_support(int kind, int* answer) { *answer = 0; return 0; }";
  for (const std::string& driver : {init, two, "int cuInit(unsigned flags) { return 100; }" + two, init + "int cuDeviceGetCount(int* count) { *count = 2; return 100; }",
                                    init + "int cuDeviceGetCount(int* count) { return 0; }"}) {
    const std::string none = run_with(1, driver + no);
    EXPECT_TRUE(contains(none, " none\n")) << driver << none;
    EXPECT_FALSE(contains(none, " of 2\n")) << driver << none;
    EXPECT_TRUE(contains(none, "in MPI calls: no (MPIX_GPU_query_support says no)\n"));
  }
  // MPICH can be told that every second rank is on another host: there ranks 2 and 3 are the second ones.
  const std::string apart = run_with(4, init + two + no, "MPIR_CVAR_ODD_EVEN_CLIQUES=1");
  run_program("rm -rf " + folder);
  std::istringstream lines(apart.substr(apart.find('\n') + 1));
  using Places = std::vector<std::pair<int, int>>;  // of each rank: its number on its host, and how many are there
  Places places;
  std::string ends;  // of the lines: their GPUs
  for (int rank = 0; rank < 4; ++rank) {
    std::string line;
    std::getline(lines, line);
    int said = -1, node_rank = -1, node_size = -1;
    ASSERT_EQ(std::sscanf(line.c_str(), "%d of 4 %*s %d of %d", &said, &node_rank, &node_size), 3) << apart;
    EXPECT_EQ(said, rank);
    places.emplace_back(node_rank, node_size);
    ends += line.substr(line.size() - std::min<size_t>(line.size(), 7));
  }
  const Places one_host = {{0, 4}, {1, 4}, {2, 4}, {3, 4}}, two_hosts = {{0, 2}, {0, 2}, {1, 2}, {1, 2}};
  if (places != two_hosts && (places == one_host || on_several_hosts(4))) GTEST_SKIP() << "skipped: this MPI cannot be told that it is on two hosts";
  EXPECT_EQ(places, two_hosts) << apart;
  EXPECT_EQ(ends, " 0 of 2 0 of 2 1 of 2 1 of 2") << apart;
}

// A driver with four GPUs that shows those of CUDA_VISIBLE_DEVICES; near the third are cores 0 and 1, if this machine were one like that.
// All ranks of a node see the same GPUs, or each its own, as under Slurm's --gpus-per-task=1: then the addresses tell them apart.
TEST(HelloProgram, TellsGpusThatAreVisibleAndWhatIsNearThem) {
  const std::string folder = testing::TempDir() + "visible_" + std::to_string(getpid()), near = folder + "/0000:c2:00.0";
  run_program("mkdir -p " + near + "; echo 0-1 >" + near + "/local_cpulist");
  const std::string library = folder + "/libcuda.so.1", preload = "LD_LIBRARY_PATH=" + folder + " LD_PRELOAD=" + library + " PCI_DEVICES=" + folder;
  make_false_library(library, R"(
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int cuInit(unsigned flags) { return (int)flags; }
int cuDeviceGetCount(int* count) { *count = (int)(strlen(getenv("CUDA_VISIBLE_DEVICES")) + 1) / 2; return 0; }
int cuDeviceGetPCIBusId(char* text, int room, int gpu) {
  return snprintf(text, (size_t)room, "0000:C%c:00.0", getenv("CUDA_VISIBLE_DEVICES")[2 * gpu]) < 0;
}
)", "libcuda.so.1");
  if (on_several_hosts(3)) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  const ProgramRun two = launch(3, "hello", preload + " CUDA_VISIBLE_DEVICES=3,2");
  for (const char* line : {" 0 of 2, 0000:c3:00.0\n", " 1 of 2, 0000:c2:00.0, near cores 0-1\n"}) EXPECT_TRUE(contains(two.output, line));
  EXPECT_NE(two.output.find(" 0 of 2, 0000:c3:00.0\n"), two.output.rfind(" 0 of 2, 0000:c3:00.0\n")) << "ranks 0 and 2";
  std::ofstream(folder + "/task") << "export CUDA_VISIBLE_DEVICES=$((${PMI_RANK:-$OMPI_COMM_WORLD_LOCAL_RANK} + 1))\nexport " + preload +
                                         "\nexec " + build_folder() + "/chapters/04_point_to_point/hello\n";
  const ProgramRun each = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 3 sh " + folder + "/task");
  for (const char* line : {" 0 of 1, 0000:c1:00.0\n", " 0 of 1, 0000:c2:00.0, near cores 0-1\n", " 0 of 1, 0000:c3:00.0\n"})
    EXPECT_TRUE(contains(each.output, line));
  run_program("rm -rf " + folder);
}

// Where every second rank is on another host, ranks 0 and 1 are the first ones there, and each has the GPU to itself: so it computes on the
// core that is near it. (A second one on that host would find that core taken.) What the driver's library does last is to say on how many.
TEST(TrainProgram, TakesItsGpuByItsNumberOnTheNode) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) GTEST_SKIP() << "skipped: one core is near to everything";
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &allowed)) --last;
  const std::string on_two_hosts = "MPIR_CVAR_ODD_EVEN_CLIQUES=1", hello = launch(2, "hello", on_two_hosts).output;
  if (hello.find("  0 of 1 ") == hello.rfind("  0 of 1 ")) GTEST_SKIP() << "skipped: this MPI cannot be told that it is on two hosts";
  const std::string folder = testing::TempDir() + "near_" + std::to_string(getpid()), near = folder + "/0000:c3:00.0", library = folder + "/libcuda.so.1";
  run_program("mkdir -p " + near + "; echo " + std::to_string(last) + " >" + near + "/local_cpulist");
  make_false_library(library, R"(
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int cuInit(unsigned flags) { return (int)flags; }
int cuDeviceGetCount(int* count) { *count = 1; return 0; }
int cuDeviceGetPCIBusId(char* text, int room, int gpu) { strncpy(text, "0000:C3:00.0", (size_t)room); return gpu; }
__attribute__((destructor)) static void at_the_end(void) {
  char name[500];
  snprintf(name, sizeof name, "%s/cores_of_%s", getenv("PCI_DEVICES"), getenv("PMI_RANK"));
  FILE* file = fopen(name, "w");
  cpu_set_t set;
  if (file && sched_getaffinity(0, sizeof set, &set) == 0) fprintf(file, "%d", CPU_COUNT(&set)), fclose(file);
}
)", "libcuda.so.1");
  const data_sets::DataSet data({20, 2, 2, 3}, {10, 2, 2, 3});
  const ProgramRun run = launch(2, "train --device cuda --hidden 2 --batch 20 --epochs 0 --data " + data.folder, "LD_LIBRARY_PATH=" + folder + " PCI_DEVICES=" + folder + " " + on_two_hosts);
  if (run.status == 77) GTEST_SKIP() << "skipped: " << run.output;
  EXPECT_EQ(run.status, 0) << run.output;
  for (const char* rank : {"0", "1"}) EXPECT_EQ(run_program("cat " + folder + "/cores_of_" + rank).output, "1") << rank;
  run_program("rm -rf " + folder);
}

TEST(ProbeProgram, AllListsArriveWhole) {
  const ProgramRun run = launch(4, "probe");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.lines(), 9u) << run.output;
}

TEST(RingProgram, TheBlockingOneHangsAndIsExplained) {
  const ProgramRun small = launch(3, "ring --way blocking --bytes 64");
  EXPECT_EQ(small.status, 0) << small.output;
  const ProgramRun large = launch(3, "ring --way blocking --bytes 1000000", "GUARD_TIMEOUT=0.5");
  EXPECT_EQ(large.status, 86) << large.output;
  EXPECT_TRUE(contains(large.output, "deadlock: rank 0 waits for rank 1"));
  EXPECT_TRUE(contains(large.output, "3 ranks, 1000000 bytes a message, blocking ...\n"));  // it is told before the ring stands still
}

TEST(RingProgram, EachCureEnds) {
  for (const char* way : {"ordered", "sendrecv", "nonblocking"}) {
    const ProgramRun run = launch(3, std::string("ring --bytes 1000000 --way ") + way);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "every element is 3"));
  }
}

TEST(OverlapProgram, MeasuresAndEnds) {
  const ProgramRun run = launch(2, "overlap --bytes 8000000 --rounds 3 --tests 10");
  EXPECT_EQ(run.status, 0) << run.output;
  // What is hidden is what the sum of the two times alone is longer than both together, as a share of the shorter one.
  double bytes, messages, computing, in_turn, at_end, at_end_hidden, with_tests, with_tests_hidden;
  int tests;
  ASSERT_EQ(std::sscanf(run.output.c_str(),
                        "%lf bytes each way the messages alone %lf ms the computation alone %lf ms one after the other %lf ms "
                        "start, compute, wait %lf ms %lf %% hidden start, compute with %d MPI_Test, wait %lf ms %lf %% hidden",
                        &bytes, &messages, &computing, &in_turn, &at_end, &at_end_hidden, &tests, &with_tests, &with_tests_hidden),
            9)
      << run.output;
  const double shorter = messages < computing ? messages : computing;
  EXPECT_EQ(bytes, 8000000);
  EXPECT_EQ(tests, 10);
  for (const auto& [together, hidden] : {std::pair(at_end, at_end_hidden), std::pair(with_tests, with_tests_hidden)}) {
    const double share = (messages + computing - together) / shorter;  // of times that are printed to 0.005 ms: three of them above, one below
    EXPECT_NEAR(hidden, 100 * share, 0.51 + 100 * 0.0051 * (3 + std::abs(share)) / shorter) << run.output;
  }
}

// The guard looks, when all is done, for messages that nobody received and requests that nobody waited for.
TEST(Programs, LeaveNothingUndone) {
  const data_sets::DataSet data({20, 2, 2, 3}, {10, 2, 2, 3});
  for (const std::string& program : {"train --hidden 2 --batch 10 --epochs 1 --data " + data.folder, std::string("ring --way nonblocking --bytes 100000"),
                                     std::string("overlap --bytes 100000 --rounds 1 --tests 3")}) {
    const ProgramRun run = launch(3, program, "GUARD_LEFTOVERS=1");
    EXPECT_EQ(run.status, 0) << program << run.output;
  }
}

TEST(PingPongProgram, WritesTimesAndFit) {
  const std::string log = build_folder() + "/ping_pong_test.csv";
  const ProgramRun run = launch(2, "ping_pong --most 65536 --rounds 3 --log " + log);
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "alpha ="));
  std::ifstream in(log);
  std::string header;
  std::getline(in, header);
  EXPECT_EQ(header, "bytes,seconds,way,alpha,beta");
  std::string line;
  for (size_t bytes = 1; bytes <= 65536; bytes *= 2) {
    EXPECT_TRUE(std::getline(in, line) && line.find(std::to_string(bytes) + ",") == 0) << bytes << ": " << line;
    EXPECT_TRUE(contains(run.output, "\n" + std::string(12 - std::to_string(bytes).size(), ' ') + std::to_string(bytes) + " "));
  }
  EXPECT_FALSE(std::getline(in, line)) << line;
  std::remove(log.c_str());
}

TEST(TrainProgram, PrintsWhatAPlainLoopComputes) {
  for (const plain::Run& run : plain::runs()) EXPECT_EQ(plain::complaints(launch(3, "train " + run.options()), run, 3), "");
}

TEST(TrainProgram, AgreesWithTheSerialRun) {
  for (const char* options :
       {"", "--micro-batches 5 --optimizer momentum --learning-rate 0.02", "--micro-batches 1"}) {
    const ProgramRun run = launch(3, quick + options);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "serial run: agrees, all 19410 weights have the same bits"));
  }
}

// Found from three ranks on: rank 0 received into a view that a copy still read.
TEST(TrainProgram, AgreesWithTheSerialRunOnCuda) {
  const data_sets::DataSet data({430, 28, 28, 10}, {90, 28, 28, 10});  // the CPU that stands in for a GPU is slow
  for (int ranks : {3, 4}) {
    const ProgramRun run = launch(ranks, "train --device cuda --hidden 16 --epochs 2 --data " + data.folder);
    if (run.status == 77) GTEST_SKIP() << "skipped: " << run.output;
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "serial run: agrees, all 12730 weights have the same bits"));
  }
}

// Only the hash of the weights tells; the serial program of chapter 01 is another binary.
TEST(TrainProgram, AgreesWithTheProgramOfChapter01) {
  const ProgramRun parallel = launch(2, quick + "--micro-batches 4");
  const ProgramRun serial =
      run_program(build_folder() + "/chapters/01_serial/" + quick + "--micro-batches 4");
  const size_t at = serial.output.find("weights ");
  ASSERT_NE(at, std::string::npos) << serial.output;
  EXPECT_TRUE(contains(parallel.output, serial.output.substr(at, 24)));
}

TEST(TrainProgram, DivergenceEndsAllRanks) {
  const ProgramRun run = launch(2, quick + "--hidden 64,64,64,64,64 --learning-rate 1000 --epochs 2");
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_TRUE(contains(run.output, "training diverged"));
}

TEST(Programs, WrongUseGivesALineAndAStatus) {
  for (const char* command : {"ping_pong", "overlap"}) {
    const ProgramRun run = launch(1, command);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_TRUE(contains(run.output, "two ranks"));
  }
  const ProgramRun way = launch(2, "ring --way round");
  EXPECT_EQ(way.status, 1) << way.output;
  EXPECT_TRUE(contains(way.output, "--way: 'round' is not one of blocking|ordered|sendrecv|nonblocking\n"));
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 3 " + build_folder() +
                                   "/chapters/04_point_to_point/train");
}

}  // namespace
