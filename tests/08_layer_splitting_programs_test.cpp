// The programs of chapter 08 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "common/machine.h"
#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/killed_gpu_rank.h"
#include "tests/program.h"

namespace {

const std::string programs = "/chapters/08_layer_splitting/";

// These programs are MPI jobs of their own, whatever job this test may be part of.
ProgramRun launch(int ranks, const std::string& command) {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch " + std::to_string(ranks) + " " +
                     build_folder() + programs + command);
}

// What stands behind `word` on its line.
std::string after(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  return at == std::string::npos ? "" : text.substr(at + word.size(), text.find('\n', at) - at - word.size());
}

const std::string quick = "train --hidden 24,17,12 --train-samples 500 --batch 47 --epochs 1 --micro-batches 6 --data " + data_sets::first_images() + " ";

TEST(Train, PrintsWhatAPlainLoopComputes) {
  for (const plain::Run& run : plain::runs())
    EXPECT_EQ(plain::complaints(launch(3, "train --micro-batches 5" + run.options()), run, 3), "");
}

TEST(Train, EveryScheduleEndsWithTheWeightsAndTheAccuracyOfChapter01) {
  const ProgramRun serial = run_program(build_folder() + "/chapters/01_serial/" + quick);
  ASSERT_EQ(serial.status, 0) << serial.output;
  ASSERT_NE(after(serial.output, "; weights "), "") << serial.output;
  for (const char* options : {"--schedule naive", "--schedule gpipe", "--schedule 1f1b", "--split 1,2,1 --schedule 1f1b",
                              "--schedule interleaved --chunks 2"}) {
    const int ranks = std::string(options).find("split") != std::string::npos ? 3 : 2;
    const ProgramRun run = launch(ranks, quick + options);
    ASSERT_EQ(run.status, 0) << run.output;
    EXPECT_EQ(after(run.output, "; weights "), after(serial.output, "; weights ")) << options;
    const auto accuracy = [](const ProgramRun& r) {
      const std::string text = after(r.output, "test accuracy ");
      return text.substr(0, text.find(')'));
    };
    EXPECT_EQ(accuracy(run), accuracy(serial)) << options;
    EXPECT_NE(accuracy(run), "") << run.output;
  }
}

namespace {

void expect_same_bits_as_serial(const ProgramRun& run) {
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "weights have the same bits"));
  EXPECT_TRUE(contains(run.output, "speedup"));
  EXPECT_TRUE(contains(run.output, "measured: idle"));
}

}  // namespace

TEST(Train, ComparesItselfWithTheSerialRun) {
  for (const char* options : {"", "--optimizer adam --learning-rate 0.001"})
    expect_same_bits_as_serial(launch(3, quick + "--compare-with-serial " + options));
}

TEST(Train, ComparesItselfWithTheSerialRunOnCuda) {
  const data_sets::DataSet data({230, 28, 28, 10}, {90, 28, 28, 10});  // the CPU that stands in for a GPU is slow
  const ProgramRun run = launch(3, quick + "--compare-with-serial --device cuda --train-samples 0 --data " + data.folder);
  if (run.status == 77) GTEST_SKIP() << "skipped: " << run.output;
  expect_same_bits_as_serial(run);
}

// On GPUs, or on the CPU that stands in for them, in three orders of a block's threads.
TEST(Train, GoesFromGpuToGpuOrThroughTheHostWithTheSameBits) {
  const data_sets::DataSet data({130, 28, 28, 10}, {90, 28, 28, 10});
  const bool one_host = !on_several_hosts(2);
  std::string expected;
  for (const char* order : {"ascending", "descending", "shuffled"}) {
    setenv("CUDA_ON_CPU_ORDER", order, 1);
    for (const char* way : {"--exchange host", "", "--exchange peer --schedule zb-h1", "--schedule interleaved --chunks 2"}) {
      if (!expected.empty() && order != std::string("ascending") && way[0] == '\0') continue;  // twice is enough
      const ProgramRun run = launch(2, quick + "--device cuda --train-samples 0 --data " + data.folder + " " + way);
      if (run.status == 77) GTEST_SKIP() << "skipped: no GPU";
      ASSERT_EQ(run.status, 0) << run.output;
      const bool can = way != std::string("--exchange host") && one_host;
      EXPECT_EQ(contains(run.output, " micro-batches from GPU to GPU; layers"), can) << run.output;
      const std::string weights = after(run.output, "; weights ");
      ASSERT_NE(weights, "") << run.output;
      EXPECT_EQ(weights, expected.empty() ? expected = weights : expected) << order << " " << way;
    }
  }
  unsetenv("CUDA_ON_CPU_ORDER");
}

TEST(Train, AKilledStageLeavesNoSharedMemoryBehind) {
  expect_nothing_left_behind(3, build_folder() + programs + "train", "--hidden 24,17,12");
}

// Four rows in six micro-batches: two are empty on all stages.
TEST(Train, MicroBatchesMayBeEmpty) {
  const ProgramRun run = launch(4, "train --hidden 8,8,8,8 --train-samples 22 --batch 4 --epochs 2 --micro-batches 6 "
                                   "--compare-with-serial");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "weights have the same bits"));
}

TEST(Train, AMistakeGivesOneLineAndAStatus) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"--hidden 8", "3 ranks with 1 chunk each are more than the 2 layers of the network (--hidden)\n"},
      {"--schedule interleaved --chunks 2", "3 ranks with 2 chunks each are more than the 4 layers"},
      {"--schedule interleaved", "--schedule interleaved: needs --chunks 2 or more"},
      {"--chunks 2", "--chunks 2: only --schedule interleaved has several chunks a rank\n"},
      {"--split 1,2", "--split: 2 numbers with the sum 3, expected 3 positive ones with the sum 4"},
      {"--split 1,1,1", "--split: 3 numbers with the sum 3, expected 3"},
      {"--schedule pipedream", "--schedule"},
      {"--exchange peer", "--exchange peer: needs --device cuda\n"},
      {"--exchange mpi", "--exchange mpi: needs --device cuda\n"},
      {"--micro-batches 0", "--micro-batches"}};
  for (const auto& [options, text] : mistakes) {
    const ProgramRun run = launch(3, quick + options);
    EXPECT_EQ(run.status, 1) << options << ": " << run.output;
    EXPECT_TRUE(contains(run.output, text));
    EXPECT_EQ(run.lines(), 1u) << run.output;
  }
}

// Shares of no time, and a speed of nothing, are no numbers.
TEST(Train, OfNoEpochsTellsNoTimes) {
  const ProgramRun run = launch(2, "train --hidden 8 --train-samples 90 --batch 45 --epochs 0");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.output.find("nan"), std::string::npos) << run.output;
}

TEST(Train, OnlyRank0Speaks) {
  const ProgramRun run = launch(4, quick), help = launch(2, "train --help"), alone = launch(1, "train --help");
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.output, alone.output);
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.output.find("epoch   1"), run.output.rfind("epoch   1"));
  EXPECT_EQ(help.output.find("--schedule"), help.output.rfind("--schedule"));
}

TEST(Train, WritesATrace) {
  const std::string file = build_folder() + "/tests/08_trace.json";
  const ProgramRun run = launch(2, quick + "--trace " + file);
  ASSERT_EQ(run.status, 0) << run.output;
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_TRUE(contains(text, "\"forward 5\""));
  EXPECT_TRUE(contains(text, "\"backward 5\""));
  std::remove(file.c_str());
}

// The chapter's promise: the program is chapter 01's, but for these lines.
TEST(Train, DiffersFromChapter01InAtMost20Lines) {
  const ProgramRun diff = run_program("diff chapters/01_serial/train.cpp chapters/08_layer_splitting/train.cpp");
  ASSERT_EQ(diff.status, 1) << diff.output;
  size_t changed = 0;
  for (size_t at = 0; (at = diff.output.find("\n>", at)) != std::string::npos; ++at) ++changed;
  EXPECT_GT(changed, 5u);
  EXPECT_LE(changed, 20u) << diff.output;
}

// What they draw and measure is compared in 08_layer_splitting_measuring_test; here is what the text shows of it.
TEST(Plan, DrawsEverySchedule) {
  const ProgramRun run = launch(1, "plan --stages 4 --micro-batches 8");
  EXPECT_EQ(run.status, 0) << run.output;
  for (const char* line : {"naive: idle 75.0 %, by formula 75.0 %", "interleaved: idle 15.8 %, by formula 15.8 %",
                           "|...00<11<22<33<44<55<66<77<......|  keeps 1\n",
                           "|01230123456...0<71<.42<53<60<71<2<.3<.4<.5<.6<.7<4<5<6<7<|  keeps 11, has room for 12\n"})
    EXPECT_TRUE(contains(run.output, line));
  EXPECT_EQ(launch(1, "plan --events build/x.csv").output, "--events: needs one --schedule\n");
  const std::string none = "/no/such/folder/x.csv";
  for (const std::string program : {"plan --schedule gpipe --events ", "bench --rounds 1 --steps 1 --batch 16 --hidden 16,16 --csv "})
    EXPECT_EQ(launch(1, program + none).output, none + ": cannot be written\n");
}

// More ranks than cores are never quiet: with --only-if-quiet the status says so, and no file is written.
TEST(Bench, WritesNothingThatWasDisturbed) {
  const std::string file = testing::TempDir() + "08_disturbed.csv";
  const int ranks = usable_cores() + 1;
  if (ranks > 17) GTEST_SKIP() << "skipped: more ranks than cores would be " << ranks << " processes";
  if (on_several_hosts(ranks)) GTEST_SKIP() << "skipped: ranks on several hosts have cores enough";
  std::string hidden = "16";
  for (int layer = 1; layer < 2 * ranks; ++layer) hidden += ",16";
  const std::string trace = testing::TempDir() + "08_barriers.json";
  const ProgramRun run = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD GUARD_TRACE=" + trace + " sh common/mpi/launch " + std::to_string(ranks) +
                                     " " + build_folder() + programs + "bench --batch 64 --rounds 1 --steps 2 --only-if-quiet --hidden " + hidden +
                                     " --csv " + file);
  // Nine settings: all stages begin each step together.
  EXPECT_EQ(run_program("grep -c '\"MPI_Barrier\"' " + trace + "; rm " + trace).output, std::to_string(9 * 2 * ranks) + "\n");
  EXPECT_EQ(run.status, 77) << run.output;
  EXPECT_TRUE(contains(run.output, "MORE RANKS THAN CORES"));
  EXPECT_EQ(run_program("test -e " + file).status, 1);
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 3 " + build_folder() +
                                   "/chapters/08_layer_splitting/train --micro-batches 4 --compare-with-serial");
}

// The picture is drawn from the table, whose planned half is what the planner says today; a trace is put beside a plan step by step.
TEST(Pictures, AreThoseOfPlanAndTrace) {
  const std::string folder = "chapters/08_layer_splitting/", table = folder + "results/planned_and_traced.csv", scratch = testing::TempDir() + std::to_string(getpid());
  const ProgramRun drawn = run_program("awk -f " + folder + "draw.awk " + table + " | cmp - " + folder + "results/planned_and_traced.svg");
  EXPECT_TRUE(drawn.status == 0 && drawn.output.empty()) << drawn.output;
  for (const std::string schedule : {"1f1b", "interleaved"}) {
    EXPECT_EQ(launch(1, "plan --schedule " + schedule + " --stages 2 --chunks 2 --micro-batches 8 --events " + scratch + "_plan.csv").status, 0);
    const ProgramRun planned = run_program("sed -n 's/^" + schedule + ",planned,//p' " + table), now = run_program("sed 1d " + scratch + "_plan.csv");
    EXPECT_EQ(planned.output, now.output) << schedule;
    EXPECT_GT(now.lines(), 30u);
  }
  // Two stages, of each a forward and a backward step in a batch; the third batch is drawn, from its first event on.
  std::ofstream(scratch + "_plan.csv") << "stage,pass,chunk,micro_batch,begin,end\n0,forward,0,0,0,1\n0,backward,0,0,3,5\n1,forward,1,0,1,2\n1,backward,1,0,2,3\n";
  std::ofstream trace(scratch + "_trace.json");
  for (int batch = 0; batch < 4; ++batch)
    for (int stage = 0; stage < 2; ++stage)
      for (int pass = 0; pass < 2; ++pass)
        trace << "{\"name\":\"" << (pass ? "backward" : "forward") << " 0\",\"cat\":\"compute\",\"ph\":\"X\",\"pid\":0,\"tid\":" << stage << ",\"ts\":"
              << 1000 * (100 * batch + 10 * pass + stage) << ".000,\"dur\":1500.000,\"args\":{}},\n{\"name\":\"MPI_Recv\",\"cat\":\"receive\",\"tid\":0}\n";
  trace.close();
  const std::string join = "awk -v schedule=s -v shown=2 -f " + folder + "join_trace.awk " + scratch + "_plan.csv " + scratch + "_trace.json";
  const std::string plan = "s,planned,0,forward,0,0,0,1\ns,planned,0,backward,0,0,3,5\ns,planned,1,forward,1,0,1,2\ns,planned,1,backward,1,0,2,3\n";
  EXPECT_EQ(run_program(join).output, plan + "s,traced,0,forward,0,0,0.0000,1.5000\ns,traced,0,backward,0,0,10.0000,11.5000\n"
                                             "s,traced,1,forward,1,0,1.0000,2.5000\ns,traced,1,backward,1,0,11.0000,12.5000\n");
  run_program("sed -i 's/forward 0/forward 1/' " + scratch + "_trace.json");
  const ProgramRun other = run_program(join);
  EXPECT_EQ(other.status, 1);
  EXPECT_TRUE(contains(other.output, "join_trace.awk: the trace does not follow the plan\n"));
  run_program("rm " + scratch + "_plan.csv " + scratch + "_trace.json");
}

}  // namespace
