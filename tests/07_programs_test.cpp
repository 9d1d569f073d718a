// The programs of chapter 07 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/killed_gpu_rank.h"
#include "tests/options_told.h"
#include "tests/program.h"

namespace {

// These programs are MPI jobs of their own, whatever job this test may be part of.
ProgramRun launch(int ranks, const std::string& command) {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch " + std::to_string(ranks) + " " +
                     build_folder() + "/chapters/07_sharded_optimizer/" + command);
}

// The number that ends a run's line "trained ...; weights 0123456789abcdef".
std::string hash_of_weights(const ProgramRun& run) {
  const size_t found = run.output.find("; weights ");
  return found == std::string::npos ? "none" : run.output.substr(found + 10, 16);
}

const std::string quick = "train --hidden 24,17 --train-samples 600 --batch 47 --epochs 2 --data " + data_sets::first_images() + " ";

TEST(TrainProgram, PrintsWhatAPlainLoopComputes) {
  int level = 1;
  for (const plain::Run& run : plain::runs())
    EXPECT_EQ(plain::complaints(launch(3, "train --zero " + std::to_string(level++) + run.options()), run, 3), "");
}

TEST(TrainProgram, EveryLevelEndsWithTheBitsOfTheSerialRun) {
  std::string hash;
  for (const char* level : {"0", "1", "2", "3", "3 --prefetch", "1 --recompute 2", "3 --prefetch --recompute 2 --unit 500"}) {
    const ProgramRun run = launch(3, quick + "--optimizer adam --learning-rate 0.001 --zero " + level);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "weights have the same bits"));
    if (hash.empty()) hash = hash_of_weights(run);
    EXPECT_EQ(hash_of_weights(run), hash);
  }
  EXPECT_EQ(hash.size(), 16u) << hash;
}

// In three orders of a block's threads: the same weights.
TEST(TrainProgram, EveryLevelEndsWithTheBitsOfTheSerialRunOnCuda) {
  const data_sets::DataSet data({230, 28, 28, 10}, {90, 28, 28, 10});  // the CPU that stands in for a GPU is slow
  const bool one_host = !on_several_hosts(3);
  std::string hash;
  for (const auto& [level, order] : {std::pair{"0 --exchange peer", "ascending"}, {"1 --exchange host --chunk-kib 4", "descending"}, {"2", "shuffled"},
                                     {"3", "descending"}, {"3 --prefetch", "shuffled"}, {"3 --prefetch --exchange host --chunk-kib 4", "ascending"}}) {
    setenv("CUDA_ON_CPU_ORDER", order, 1);
    const ProgramRun run = launch(3, quick + "--train-samples 0 --data " + data.folder + " --device cuda --optimizer adam --learning-rate 0.001 --zero " + level);
    unsetenv("CUDA_ON_CPU_ORDER");
    if (run.status == 77) GTEST_SKIP() << "skipped: " << run.output;
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, " on cuda: ") && contains(run.output, "weights have the same bits"));
    EXPECT_EQ(contains(run.output, " MB from GPU to GPU\n"), !contains(level, "host") && one_host) << run.output;
    if (hash.empty()) hash = hash_of_weights(run);
    EXPECT_EQ(hash_of_weights(run), hash) << level << ", " << order;
  }
  EXPECT_EQ(hash.size(), 16u) << hash;
}

TEST(TrainProgram, AKilledRankLeavesNoSharedMemoryBehind) {
  expect_nothing_left_behind(3, build_folder() + "/chapters/07_sharded_optimizer/train", "--hidden 24,17 --zero 3 --prefetch");
}

// 2n(p - r) floats cross in one level, 2n(p - r)/r in two, of 2n(p - 1) that are sent: n is 535,818, p 4 and r 2.
TEST(BetweenNodes, SaysWhatTheTextShows) {
  const std::string head = " nodes, 535818 parameters, level 1: MB sent by all ranks in a step\n             inside nodes   between nodes\n";
  const ProgramRun two = launch(4, "between_nodes --ranks-per-node 2");
  EXPECT_EQ(two.status, 0) << two.output;
  EXPECT_EQ(two.output, "4 ranks on 2" + head + "one level            4.29            8.57\ntwo levels           8.57            4.29\n");
  // Nodes of three ranks and two, level 3: a unit's gradients once, its weights twice, but those of the first layer once. In one level each part
  // goes from or to every other rank, in two each node has one way in or out.
  const ProgramRun uneven = launch(5, "between_nodes --ranks-per-node 3 --hidden 300 --zero 3");
  EXPECT_EQ(uneven.status, 0) << uneven.output;
  double inside[2] = {0, 0}, between[2] = {0, 0};  // by levels, in MB
  for (const auto& [unit, times] : {std::pair{size_t{784 * 300 + 300}, 2}, {size_t{300 * 10 + 10}, 3}}) {
    for (size_t r = 0; r < 5; ++r) {
      const double part = 4e-6 * times * double(unit * (r + 1) / 5 - unit * r / 5);
      inside[0] += part * (r < 3 ? 2 : 1), between[0] += part * (r < 3 ? 2 : 3);
    }
    inside[1] += 4e-6 * times * double(unit) * (5 - 2), between[1] += 4e-6 * times * double(unit);
  }
  char expected[300];
  std::snprintf(expected, sizeof expected,
                "5 ranks on 2 nodes, 238510 parameters, level 3: MB sent by all ranks in a step\n             inside nodes   between nodes\n"
                "one level    %12.2f   %13.2f\ntwo levels   %12.2f   %13.2f\n", inside[0], between[0], inside[1], between[1]);
  EXPECT_EQ(uneven.output, expected);
  const ProgramRun as_it_is = launch(2, "between_nodes --hidden 24");
  EXPECT_TRUE(contains(as_it_is.output, on_several_hosts(2) ? "2 ranks on 2 nodes, " : "2 ranks on 1 nodes, ")) << as_it_is.output;
  EXPECT_EQ(options_told(launch(3, "between_nodes --help").output),
            "ranks-per-node N (at least 0) [0]\nhidden N,N,.. (1 to 65536) [512,256]\nzero N (0 to 3) [1]\n");
}

TEST(TrainProgram, InTwoLevelsKeepsTheBound) {
  const ProgramRun run = launch(3, quick + "--two-level --zero 3 --prefetch");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "within ten times what another order of sums does")) << run.output;
}

// The number of micro-batches decides the bits, the number of ranks does not.
TEST(TrainProgram, AnyNumberOfRanksGivesTheSameWeights) {
  const std::string command = quick + "--optimizer momentum --micro-batches 6 --zero 3";
  const ProgramRun alone = launch(1, command);
  EXPECT_TRUE(contains(alone.output, "memory of rank 0"));
  const std::string hash = hash_of_weights(alone);
  EXPECT_EQ(hash.size(), 16u) << hash;
  for (int ranks : {2, 4}) EXPECT_EQ(hash_of_weights(launch(ranks, command)), hash) << ranks << " ranks";
}

TEST(TrainProgram, BadOptionsEndWithOneLine) {
  for (const char* option : {"--zero 4", "--unit 0", "--zero=-1", "--prefetch", "--zero 2 --prefetch"}) {
    const ProgramRun run = launch(2, quick + option);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_EQ(run.lines(), 1u) << run.output;
  }
}

// Before anything is measured.
TEST(Programs, SayThatAFileCannotBeWritten) {
  const ProgramRun run = launch(1, "memory --hidden 12 --csv /no/such/folder/x.csv");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output, "/no/such/folder/x.csv: cannot be written\n");
}

// What they measure is compared in 07_sharded_optimizer_measuring_test.
TEST(Programs, EndWellAndOnlyRank0Speaks) {
  for (const char* program : {"memory --hidden 24,17 --unit 500", "memory --help", "bench --help", "train --help"}) {
    const ProgramRun one = launch(1, program), three = launch(3, program);
    EXPECT_EQ(one.status, 0) << one.output;
    EXPECT_EQ(three.status, 0) << three.output;
    EXPECT_GT(one.lines(), 4u) << one.output;
    EXPECT_EQ(three.lines(), one.lines()) << three.output;
  }
}

TEST(TrainProgram, OptionsHaveTheseDefaultsAndRanges) {
  const std::string told = options_told(launch(3, "train --help").output);
  for (const char* line : {"device cpu|cuda [cpu]\n", "micro-batches N (1 to 1048576) [3]\n", "clip-norm X (at least 0) [0]\nzero N (0 to 3) [1]\nunit N (at least 1) [1]\nprefetch\n", "auto|host|peer|mpi [auto]\nchunk-kib N (1 to 1048576) [1024]\nrecompute N (1 to 1000) [1]\ntwo-level\n"})
    EXPECT_TRUE(contains(told, line));
}

// 784·300 + 300 + 300·10 + 10 parameters: units of 235500 and 3010. Of three ranks rank 0 has a third, rounded down. Activations: 20 rows
// of images, hidden layer, output and its gradient, two hidden gradients, label and loss.
TEST(TrainProgram, TellsTheMemoryOfRank0) {
  const std::string options = "train --hidden 300 --train-samples 60 --batch 60 --epochs 1 --optimizer adam --zero ";
  const double n = 238510, unit = 235500, shard = 235500 / 3 + 3010 / 3, part = 235500 / 3;
  for (const char* level : {"0", "3", "3 --prefetch"}) {
    const bool all = level[0] == '0', prefetch = std::strlen(level) > 1;
    char expected[200];
    std::snprintf(expected, sizeof expected,
                  "memory of rank 0: weights %.2f MB, gradients %.2f MB, optimizer state %.2f MB, activations %.2f MB, exchange %.2f MB\n",
                  4e-6 * (all ? n : prefetch ? shard + n : shard + unit), 4e-6 * (all ? n : shard + unit), 8e-6 * (all ? n : shard),
                  4e-6 * 20 * (784 + 3 * 300 + 2 * 10 + 2), 8e-6 * part);
    const ProgramRun run = launch(3, options + level);
    EXPECT_TRUE(contains(run.output, expected));
  }
  // Of images, 300, 200, 100 and 10 the first and the third are kept, and the output; the others share a place.
  const ProgramRun every_second = launch(3, "train --hidden 300,200,100 --train-samples 60 --batch 60 --epochs 1 --zero 3 --recompute 2");
  char activations[100];
  std::snprintf(activations, sizeof activations, ", activations %.2f MB, ", 4e-6 * 20 * (784 + 200 + 300 + 2 * 300 + 2 * 10 + 2));
  EXPECT_TRUE(contains(every_second.output, activations));
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 2 " + build_folder() +
                                   "/chapters/07_sharded_optimizer/train --zero 3");
}

}  // namespace
