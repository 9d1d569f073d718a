// The programs of chapter 10 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>

#include <array>

#include "common/machine.h"
#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/killed_gpu_rank.h"
#include "tests/program.h"

namespace {

// These programs are MPI jobs of their own, whatever job this test may be part of. They wait for all their messages, and free communicators.
const std::string outside = "env -u PMI_RANK -u PMI_SIZE -u PMI_FD ";
std::string command(int ranks, const std::string& program) {
  return outside + "GUARD_LEFTOVERS=1 GUARD_FORBIDS=unfreed sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() + "/chapters/10_hybrid/" + program;
}
ProgramRun launch(int ranks, const std::string& program) { return run_program(command(ranks, program)); }

// The word that follows `mark` in a run's output.
std::string word_after(const ProgramRun& run, const std::string& mark) {
  const size_t found = run.output.rfind(mark);
  if (found == std::string::npos) return "none";
  const size_t begin = found + mark.size();
  return run.output.substr(begin, run.output.find_first_of(" \n", begin) - begin);
}
std::string hash_of_weights(const ProgramRun& run) { return word_after(run, "; weights "); }

const std::string quick = "train --hidden 24,16 --train-samples 600 --batch 47 --epochs 2 --data " + data_sets::first_images() + " ";

TEST(Programs, PrintWhatAPlainLoopComputes) {
  const std::vector<std::string> grids = {"--replicas 3 --pipeline 2 --tensor 1", "--replicas 1 --pipeline 3 --tensor 2",
                                          "--replicas 2 --pipeline 1 --tensor 3"};
  for (size_t i = 0; i < 3; ++i)
    EXPECT_EQ(plain::complaints(launch(6, "train " + grids[i] + plain::runs()[i].options() + "--compare-with-serial"), plain::runs()[i], 6), "");
}

TEST(Programs, EveryGridOfTwoRanksAgreesWithTheSerialRun) {
  for (const char* grid : {"--replicas 2", "--pipeline 2", "--tensor 2"}) {
    const ProgramRun run = launch(2, quick + grid + " --compare-with-serial");
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "distance to the serial run"));
    EXPECT_TRUE(contains(run.output, "the same bits") || contains(run.output, "within ten times"));
  }
}

TEST(Programs, EveryGridOfTwoRanksAgreesWithTheSerialRunOnCuda) {
  const data_sets::DataSet data({230, 28, 28, 10}, {90, 28, 28, 10});  // the CPU that stands in for a GPU is slow
  for (const char* grid : {"--replicas 2", "--pipeline 2 --micro-batches 3", "--tensor 2"}) {
    const ProgramRun run = launch(2, quick + grid + " --device cuda --compare-with-serial --train-samples 0 --data " + data.folder);
    if (found_no_gpu(run)) GTEST_SKIP() << "skipped: " << run.output;
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "the same bits") || contains(run.output, "within ten times"));
    EXPECT_TRUE(contains(run.output, " % of the hosts' time; GPUs may compute meanwhile\n"));
  }
}

// On GPUs, or on the CPU that stands in for them, in three orders of a block's threads.
TEST(Programs, GoFromGpuToGpuOrThroughTheHostWithTheSameBits) {
  const bool one_host = !on_several_hosts(4);
  const data_sets::DataSet data({150, 28, 28, 10}, {90, 28, 28, 10});
  const std::array<const char*, 3> grids[] = {{"--replicas 2 --pipeline 2 --tensor 1", "ascending", "stages, data ranks"},
                                              {"--replicas 1 --pipeline 2 --tensor 2", "descending", "slices, stages"},
                                              {"--replicas 2 --pipeline 1 --tensor 2 --levels 2", "shuffled", "slices, data ranks"}};
  for (const auto& [grid, order, groups] : grids) {
    const std::string text = quick + "--train-samples 0 --data " + data.folder + " --epochs 1 --micro-batches 4 --device cuda " + grid + " --exchange ";
    const ProgramRun host = launch(4, text + "host");
    if (found_no_gpu(host)) GTEST_SKIP() << "skipped: " << host.output;
    EXPECT_FALSE(contains(host.output, "GPU to GPU")) << host.output;
    const ProgramRun run = run_program("export CUDA_ON_CPU_ORDER=" + std::string(order) + "; " + command(4, text + "auto"));
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_EQ(contains(run.output, "\nfrom GPU to GPU: " + std::string(groups) + "\n"), one_host) << run.output;
    EXPECT_EQ(contains(run.output, "through host memory: "), !one_host) << run.output;
    EXPECT_EQ(hash_of_weights(run), hash_of_weights(host)) << order << run.output;
  }
}

// On hosts of their own no two ranks share memory.
TEST(Programs, GoThroughTheHostBetweenNodesAndSaySo) {
  const data_sets::DataSet data({150, 28, 28, 10}, {90, 28, 28, 10});
  const std::string text = quick + "--train-samples 0 --data " + data.folder + " --epochs 1 --micro-batches 2 --device cuda --replicas 2 --exchange ";
  const ProgramRun here = launch(2, text + "host"), apart = run_program("env MPIR_CVAR_NOLOCAL=1 " + command(2, text + "peer"));
  if (found_no_gpu(here)) GTEST_SKIP() << "skipped: " << here.output;
  EXPECT_EQ(apart.status, 0) << apart.output;
  EXPECT_EQ(hash_of_weights(apart), hash_of_weights(here)) << apart.output;
  if (!contains(run_program("env MPIR_CVAR_NOLOCAL=1 " + command(2, "../04_point_to_point/hello")).output, " 0 of 1 "))
    GTEST_SKIP() << "skipped: this MPI cannot be told that it is on several hosts";
  EXPECT_TRUE(contains(apart.output, "peer window: the ranks of this communicator do not share memory (several nodes?): gradients go through host memory\n"));
  EXPECT_TRUE(contains(apart.output, "through host memory: data ranks\n")) << apart.output;
  EXPECT_FALSE(contains(apart.output, "from GPU to GPU: ")) << apart.output;
}

// Of each of two ranks, in each of three steps: its two micro-batches, whose gradients are sent one by one, one sum of them and one update.
TEST(Programs, WriteATimeline) {
  const std::string file = testing::TempDir() + "10_trace_" + std::to_string(getpid()) + ".json";
  const ProgramRun run = launch(2, "train --hidden 8 --train-samples 90 --batch 30 --epochs 1 --replicas 2 --micro-batches 4 --reproducible --trace " + file);
  EXPECT_EQ(run.status, 0) << run.output;
  for (const char* block : {"backward 0", "backward 1", "send gradients 0", "send gradients 1", "add gradients", "update"})
    EXPECT_EQ(run_program("grep -c '\"" + std::string(block) + "\"' " + file).output, "6\n") << block;
  std::remove(file.c_str());
}

TEST(Programs, AKilledRankLeavesNoSharedMemoryBehind) {
  expect_nothing_left_behind(4, build_folder() + "/chapters/10_hybrid/train", "--hidden 24,17,12 --replicas 2 --pipeline 1 --tensor 2");
}

TEST(Programs, TheSplitDoesNotChangeReproducibleWeights) {
  const std::string same = quick + "--reproducible --micro-batches 5 --optimizer adam --learning-rate 0.001 ";
  const std::string hash = hash_of_weights(launch(1, same));
  EXPECT_EQ(hash.size(), 16u) << hash;
  EXPECT_EQ(hash_of_weights(launch(2, same + "--replicas 2")), hash);
  EXPECT_EQ(hash_of_weights(launch(2, same + "--pipeline 2")), hash);
  EXPECT_EQ(hash_of_weights(launch(4, same + "--replicas=2 --pipeline 2")), hash);
}

// MPICH can be told that each rank is on a host of its own. Tensor ranks belong on one; others may be apart.
TEST(Programs, WarnsOfTensorRanksOnSeveralHosts) {
  const std::string apart = "env MPIR_CVAR_NOLOCAL=1 ", mark = "warning: ranks of a tensor group are on several hosts, and they talk most: start ranks host by host, "
                                                           "mpiexec -ppn RANKS-OF-A-HOST or srun -m block\n";
  const ProgramRun tensor = run_program(apart + command(2, quick + "--epochs 0 --tensor 2"));
  const ProgramRun pipeline = run_program(apart + command(2, quick + "--epochs 0 --pipeline 2"));
  EXPECT_EQ(tensor.status, 0) << tensor.output;
  EXPECT_EQ(pipeline.status, 0) << pipeline.output;
  EXPECT_FALSE(contains(pipeline.output, mark));
  if (!contains(run_program(apart + command(2, "../04_point_to_point/hello")).output, " 0 of 1 "))
    GTEST_SKIP() << "skipped: this MPI cannot be told that it is on several hosts";
  EXPECT_TRUE(contains(tensor.output, mark));
}

TEST(Programs, WhatIsNotSaidIsChosenAndExplained) {
  const ProgramRun run = launch(2, quick + "--epochs 0");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "the fastest by estimate"));
  EXPECT_TRUE(contains(run.output, "estimated ms a step"));
  EXPECT_EQ(run.output.find("\ntime: "), std::string::npos) << "there are no shares of no time\n" << run.output;
}

TEST(Programs, BadChoicesEndWithOneLine) {
  for (const char* option :
       {"--replicas 3", "--replicas 2 --pipeline 2", "--pipeline 4 --replicas 1 --tensor 1", "--schedule interleaved",
        "--memory-mib 1 --hidden 2048", "--machine nowhere", "--exchange peer", "--exchange mpi", "--train-samples 10 --batch 11"}) {
    const ProgramRun run = launch(2, quick + option);
    EXPECT_EQ(run.status, 1) << option << "\n" << run.output;
    EXPECT_EQ(run.lines(), 1u) << option << "\n" << run.output;
  }
  const std::string none = "/no/such/folder/machine";
  EXPECT_EQ(launch(1, "calibrate --rounds 1 --longest 4096 --fit " + none).output, none + ": cannot be written\n") << "before it measures";
  const ProgramRun stages = launch(4, quick + "--pipeline 4");
  EXPECT_TRUE(contains(stages.output, "more stages than the network's 3 layers"));
}

TEST(Programs, OnlyRank0Speaks) {
  for (const char* program : {"bench --help", "train --help"}) {
    const ProgramRun one = launch(1, program), two = launch(2, program);
    EXPECT_EQ(one.status, 0) << one.output;
    EXPECT_EQ(two.status, 0) << two.output;
    EXPECT_GT(one.lines(), 8u) << one.output;
    EXPECT_EQ(two.output, one.output);
  }
}

// What the benchmark prints is compared in 10_hybrid_measuring_test. More ranks than cores are never quiet: with --only-if-quiet the
// status says so.
TEST(Bench, IsNotBelievedIfItWasDisturbed) {
  const int ranks = usable_cores() + 1;
  if (ranks > 17) GTEST_SKIP() << "skipped: more ranks than cores would be " << ranks << " processes";
  if (on_several_hosts(ranks)) GTEST_SKIP() << "skipped: ranks on several hosts have cores enough";
  const std::string trace = testing::TempDir() + "10_barriers.json";
  const ProgramRun run = run_program("GUARD_TRACE=" + trace + " " + command(ranks, "bench --rounds 1 --steps 1 --batch 32 --hidden none --only-if-quiet"));
  // A network of one layer: it has the grids of no pipeline. Before its turn, and one to warm up, all ranks of a grid begin together.
  int grids = 0;
  for (int data = 1; data <= ranks; ++data) grids += ranks % data == 0;
  EXPECT_EQ(run_program("grep -c '\"MPI_Barrier\"' " + trace + "; rm " + trace).output, std::to_string(2 * (grids * ranks + 1)) + "\n");
  EXPECT_EQ(run.status, 77) << run.output;
  EXPECT_TRUE(contains(run.output, "MORE RANKS THAN CORES"));
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 2 " + build_folder() +
                                   "/chapters/10_hybrid/train --tensor 2 --compare-with-serial");
}

}  // namespace
