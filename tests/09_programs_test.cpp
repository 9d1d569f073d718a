// The programs of chapter 09 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>

#include "common/machine.h"
#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/killed_gpu_rank.h"
#include "tests/program.h"

namespace {

ProgramRun launch(int ranks, const std::string& command) {
  return run_program("sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() +
                     "/chapters/09_tensor_parallel/" + command);
}

const std::string quick = "train --hidden 16 --train-samples 500 --epochs 1 --data " + data_sets::first_images() + " ";

std::string after(const ProgramRun& run, const std::string& word) {
  const size_t at = run.output.find(word);
  return at == std::string::npos
             ? ""
             : run.output.substr(at + word.size(), run.output.find('\n', at) - at - word.size());
}

TEST(Train, PrintsWhatAPlainLoopComputes) {
  for (const plain::Run& run : plain::runs())
    EXPECT_EQ(plain::complaints(launch(3, "train --compare-with-serial" + run.options()), run, 3), "");
}

// Shares of no time, and a speed of nothing, are no numbers.
TEST(Train, OfNoEpochsTellsNoTimes) {
  const ProgramRun run = launch(2, "train --hidden 8 --train-samples 90 --batch 45 --epochs 0");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.output.find("nan"), std::string::npos) << run.output;
}

TEST(Train, OneRankEndsWithTheWeightsOfChapter01) {
  const ProgramRun one = launch(1, quick + "--compare-with-serial");
  const ProgramRun serial = run_program(build_folder() + "/chapters/01_serial/" + quick);
  ASSERT_EQ(one.status, 0) << one.output;
  ASSERT_NE(after(serial, "; weights "), "") << serial.output;
  EXPECT_EQ(after(one, "; weights "), after(serial, "; weights "));
  EXPECT_TRUE(contains(one.output, "\nthe same bits\n"));
}

// Depths 1, 2, 3, 4; hidden layers and an output layer that the ranks do not divide, or that some have nothing of.
TEST(Train, StaysAsCloseToTheSerialRunAsAnotherOrderOfSums) {
  const std::string options = "train --data " + data_sets::first_images() + " --train-samples 1000 --epochs 1 --compare-with-serial --hidden ";
  for (const char* hidden : {"none", "33", "33,7", "33,3,12"})
    for (int ranks : {3, 7}) {
      const ProgramRun run = launch(ranks, options + hidden);
      EXPECT_EQ(run.status, 0) << run.output;
      EXPECT_TRUE(contains(run.output, "within ten times what another order of sums does"));
    }
}

namespace {

const std::string others = quick + "--compare-with-serial --hidden 24,17 --micro-batches 3 --batch 50 ";

void expect_near_serial(const ProgramRun& run) {
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "within ten times"));
  EXPECT_TRUE(contains(run.output, "time: computing"));
}

}  // namespace

TEST(Train, WithOtherChoices) {
  for (const char* more : {"--allreduce mpi --optimizer momentum", "--allreduce ring"}) expect_near_serial(launch(3, others + more));
}

TEST(Train, WithOtherChoicesOnCuda) {
  const data_sets::DataSet data({110, 28, 28, 10}, {90, 28, 28, 10});  // the CPU that stands in for a GPU is slow
  const ProgramRun run = launch(3, others + "--device cuda --train-samples 0 --data " + data.folder);
  if (run.status == 77) GTEST_SKIP() << "skipped: " << run.output;
  expect_near_serial(run);
}

// On GPUs, or on the CPU that stands in for them, in three orders of a block's threads.
TEST(Train, GoesFromGpuToGpuOrThroughTheHostWithTheSameBits) {
  const data_sets::DataSet data({110, 28, 28, 10}, {90, 28, 28, 10});
  const bool one_host = !on_several_hosts(3);
  std::string expected;
  for (const char* order : {"ascending", "descending", "shuffled"}) {
    setenv("CUDA_ON_CPU_ORDER", order, 1);
    for (const char* way : {"--exchange host --chunk-kib 1", "", "--exchange peer", "--exchange host"}) {
      if (!expected.empty() && order != std::string("ascending") && (way[0] == '\0' || std::string(way) == "--exchange host")) continue;  // twice is enough
      const ProgramRun run = launch(3, others + "--device cuda --train-samples 0 --data " + data.folder + " " + way);
      if (run.status == 77) GTEST_SKIP() << "skipped: no GPU";
      expect_near_serial(run);
      const bool can = std::string(way).find("host") == std::string::npos && one_host;
      EXPECT_EQ(contains(run.output, "allreduce rank-order from GPU to GPU; rank 0 has"), can) << run.output;
      const std::string weights = after(run, "; weights ");
      ASSERT_NE(weights, "") << run.output;
      EXPECT_EQ(weights, expected.empty() ? expected = weights : expected) << order << " " << way;
    }
  }
  unsetenv("CUDA_ON_CPU_ORDER");
}

TEST(Train, AKilledSliceLeavesNoSharedMemoryBehind) {
  expect_nothing_left_behind(3, build_folder() + "/chapters/09_tensor_parallel/train", "--hidden 24,17,12");
}

// Bits do not change from run to run.
TEST(Train, EndsWithTheSameWeightsEveryTime) {
  const std::string hash = after(launch(3, quick), "; weights ");
  EXPECT_EQ(hash.size(), 16u);
  EXPECT_EQ(after(launch(3, quick), "; weights "), hash);
}

TEST(Train, WritesATimeline) {
  const std::string file = testing::TempDir() + "09_trace.json";
  const ProgramRun run = launch(2, quick + "--train-samples 200 --trace " + file);
  EXPECT_EQ(run.status, 0) << run.output;
  const ProgramRun blocks = run_program("grep -c '\"forward' " + file + "; rm " + file);
  EXPECT_GT(std::stoi(blocks.output), 4) << blocks.output;
}

TEST(Train, AMistakeGivesOneLineAndAStatus) {
  for (const char* option :
       {"--exchange peer", "--exchange mpi", "--exchange peer --device cuda --allreduce ring", "--allreduce shared-window", "--chunk-kib 0", "--batch 1 --compare-with-serial", "--data /no/such/folder"}) {
    const ProgramRun run = launch(3, quick + option);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_EQ(run.lines(), 1u) << run.output;
  }
  EXPECT_EQ(launch(2, quick + "--exchange mpi").output, "--exchange mpi: needs --device cuda and --allreduce rank-order\n");
}

TEST(Train, OnlyRank0Speaks) {
  const ProgramRun run = launch(4, quick), help = launch(4, "train --help");
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.output.find("epoch   1"), run.output.rfind("epoch   1"));
  EXPECT_EQ(help.output.find("--allreduce"), help.output.rfind("--allreduce"));
}

// What its numbers are is compared in 09_tensor_parallel_measuring_test.
TEST(Bench, MeasuresEveryCellAndAllRanksBeginTogether) {
  const std::string file = testing::TempDir() + "09_crossover.csv", trace = testing::TempDir() + "09_barriers.json";
  const ProgramRun run = run_program("GUARD_TRACE=" + trace + " sh common/mpi/launch 3 " + build_folder() +
                                     "/chapters/09_tensor_parallel/bench --rounds 1 --widths 24,40 --batches 8,16,64 --wide 32 --csv " + file);
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "layers of width 32, batch 128, 3 ranks; a speedup is of one round, its median over 1 rounds:"));
  for (const char* width : {"\ncrossover, width 24: ", "\ncrossover, width 40: "}) EXPECT_TRUE(contains(run.output, width));
  EXPECT_EQ(run_program("sed -n 's/^\\([0-9]*,[0-9]*\\),.*/\\1/p' " + file + " | tr '\\n' ' '; rm " + file).output,
            "24,8 24,16 24,64 40,8 40,16 40,64 ");
  // Seven cells: one barrier before each way to train and one before the accesses, three times one before the gradients and one before
  // each of five sums. The calibration of chapter 05: 23 lengths, three steps.
  EXPECT_EQ(run_program("grep -c '\"MPI_Barrier\"' " + trace + "; rm " + trace).output, std::to_string(3 * (7 * (3 + 3 * (1 + 5)) + 23 * 3)) + "\n");
}

TEST(Bench, NeedsTwoRanksAndSomethingToMeasure) {
  const auto refused = [](const std::string& options, const std::string& words) {
    const ProgramRun run = launch(1, "bench --rounds 1 " + options);
    EXPECT_EQ(run.status, 1) << options;
    EXPECT_EQ(run.output, words + "\n") << options;
  };
  refused("--csv /no/such/folder/x.csv", "/no/such/folder/x.csv: cannot be written");  // before anything is measured
  refused("--widths 24 --batches 8", "bench: needs 2 ranks or more, RANKS=2");
  for (const char* options : {"--widths none --batches 8", "--widths 24 --batches none", "--widths 24 --batches 16,8"})
    refused(options, "--widths, --batches: need one number or more, the batches ascending");
}

// More ranks than cores are never quiet: each line says so, and with --only-if-quiet so does the status; no file is written.
TEST(Bench, WritesNothingThatWasDisturbed) {
  const int ranks = usable_cores() + 1;
  if (ranks > 17) GTEST_SKIP() << "skipped: more ranks than cores would be " << ranks << " processes";
  if (on_several_hosts(ranks)) GTEST_SKIP() << "skipped: ranks on several hosts have cores enough";
  const std::string file = testing::TempDir() + "09_disturbed.csv";
  const std::string command = "bench --rounds 1 --widths 24 --batches 8 --wide 32 --csv " + file;
  const ProgramRun marked = launch(ranks, command);
  EXPECT_EQ(marked.status, 0) << marked.output;
  EXPECT_TRUE(contains(marked.output, "1 rounds:  MORE RANKS THAN CORES"));
  EXPECT_TRUE(contains(marked.output, "crossover, width 24: no measurement was quiet"));
  EXPECT_EQ(run_program("grep -c ',1,[^,]*$' " + file + "; rm " + file).output, "1\n");
  const ProgramRun refused = launch(ranks, command + " --only-if-quiet");
  EXPECT_EQ(refused.status, 77) << refused.output;
  EXPECT_EQ(run_program("test -e " + file).status, 1);
}

// The chapter's promise: the program is chapter 01's, but for these lines.
TEST(Train, DiffersFromChapter01InAtMost20Lines) {
  const ProgramRun diff =
      run_program("diff chapters/01_serial/train.cpp chapters/09_tensor_parallel/train.cpp");
  ASSERT_EQ(diff.status, 1) << diff.output;
  size_t changed = 0;
  for (size_t at = 0; (at = diff.output.find("\n>", at)) != std::string::npos; ++at) ++changed;
  EXPECT_GT(changed, 5u);
  EXPECT_LE(changed, 20u) << diff.output;
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 2 " + build_folder() +
                                   "/chapters/09_tensor_parallel/train --compare-with-serial");
}

}  // namespace
