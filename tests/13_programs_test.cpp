// The programs of chapter 13 as a user meets them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/machine.h"
#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

ProgramRun run(const std::string& program) {
  return run_program(build_folder() + "/chapters/13_scaling/" + program);
}
bool says(const ProgramRun& run, const std::string& text) {
  return run.output.find(text) != std::string::npos;
}

std::string hash_of_weights(const ProgramRun& run) {
  const size_t found = run.output.find("; weights ");
  return found == std::string::npos ? "none" : run.output.substr(found + 10, 16);
}

std::string temporary(const std::string& name) {
  return testing::TempDir() + std::to_string(getpid()) + name;
}

const std::string quick = "train --hidden 24,16 --train-samples 600 --batch 47 --epochs 1 ";

}  // namespace

TEST(Train, PrintsWhatAPlainLoopComputes) {
  for (const plain::Run& run : plain::runs())
    EXPECT_EQ(plain::complaints(::run("train --cluster ethernet --replicas 5" + run.options()), run, 5), "");
}

TEST(Train, ManyRanksEndWithTheBitsOfTheSerialProgram) {
  const ProgramRun serial =
      run_program(build_folder() + "/chapters/01_serial/" + quick + "--micro-batches 16");
  const ProgramRun many =
      run(quick + "--micro-batches 16 --replicas 16 --pipeline 3 --reproducible --compare-with-serial");
  EXPECT_EQ(many.status, 0) << many.output;
  EXPECT_TRUE(says(many, "the same bits")) << many.output;
  EXPECT_TRUE(says(many, "simulated: 48 ranks on 24 nodes of: 2 cores of an AMD EPYC")) << many.output;
  EXPECT_EQ(hash_of_weights(many), hash_of_weights(serial)) << serial.output;
}

TEST(Train, TensorRanksStayWithinTheBound) {
  const ProgramRun many = run(quick + "--replicas 2 --tensor 12 --cluster infiniband --compare-with-serial");
  EXPECT_EQ(many.status, 0) << many.output;
  EXPECT_TRUE(says(many, "within ten times what another order of sums does")) << many.output;
  EXPECT_TRUE(says(many, "efficiency")) << many.output;
}

TEST(Train, DrawsATimeline) {
  const std::string file = temporary("step.json");
  const ProgramRun many = run(quick + "--pipeline 2 --train-samples 47 --trace " + file);
  EXPECT_EQ(many.status, 0) << many.output;
  const ProgramRun picture = run_program("sh common/mpi_guard/timeline " + file);
  fs::remove(file);
  EXPECT_EQ(picture.status, 0);
  EXPECT_TRUE(says(picture, "<svg")) << picture.output.substr(0, 200);
  EXPECT_TRUE(says(picture, "rank 3 on node 1")) << picture.output.substr(0, 2000);
}

TEST(Train, AMistakeIsOneLineAndAStatus) {
  for (const auto& [options, line] :
       {std::pair{
            "--cluster moon",
            "error: cluster 'moon': no such file, and none of ethernet, gpu_pods, infiniband, two_cores"},
        {"--pipeline 4", "error: pipeline: 4 chunks of layers are more than the network's 3 layers"},
        {"--replicas 0", "error: --replicas"},
        {"--device cuda", "error: --device"},
        {"--learning-rate 1e30", "error: --learning-rate: 1e30 is out of range"}}) {
    const ProgramRun mistaken = run(quick + options);
    EXPECT_EQ(mistaken.status, 1) << mistaken.output;
    EXPECT_TRUE(says(mistaken, line)) << mistaken.output;
  }
}

TEST(Scaling, PrintsATableAndWritesIt) {
  const std::string file = temporary("scaling.csv");
  const ProgramRun table = run("scaling --cluster ethernet --ranks 16 --batch 256 --csv " + file);
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_TRUE(says(table, "Office machines")) << table.output;
  EXPECT_TRUE(says(table, "strong scaling: batch 256")) << table.output;
  EXPECT_TRUE(says(table, "      1   1 x 1 x 1 ")) << table.output;
  std::ifstream in(file);
  int lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  fs::remove(file);
  EXPECT_EQ(lines, 1 + 5);  // 1, 2, 4, 8, 16 ranks
}

TEST(Scaling, WeakMeansTheSameRowsForEachRank) {
  const ProgramRun table = run("scaling --weak --data-only --ranks 4 --batch 64 --cluster infiniband");
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_TRUE(says(table, "weak scaling: batch 64 a rank")) << table.output;
  EXPECT_TRUE(says(table, "      4   4 x 1 x 1               4     256 ")) << table.output;
}

TEST(Scaling, StopsWhereRowsRunOut) {
  const ProgramRun table = run("scaling --data-only --ranks 16 --batch 4");
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_TRUE(says(table, "8  more ranks than rows")) << table.output;
  EXPECT_EQ(run("scaling --csv /no/such/folder/x").status, 1);
}

TEST(Grids, AreSortedAndCounted) {
  const ProgramRun table = run("grids --cluster gpu_pods --ranks 16 --hidden 64,64,64 --batch 64 --show 3");
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_TRUE(says(table, "16 ranks on 2 nodes")) << table.output;
  EXPECT_TRUE(says(table, "slower ones")) << table.output;
  const ProgramRun none = run("grids --ranks 4 --batch 1 --hidden none");
  EXPECT_EQ(none.status, 1) << none.output;
  EXPECT_TRUE(says(none, "error: no grid of 4 ranks fits")) << none.output;
}

// The real processes of chapter 10 beside simulated ones.
TEST(Bench, ComparesWithMeasuredTimes) {
  const ProgramRun bench = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + build_folder() +
                                       "/chapters/13_scaling/bench --rounds 1 --batches 64");
  EXPECT_EQ(bench.status, 0) << bench.output;
  EXPECT_TRUE(says(bench, "   64  2 x 1 x 1 ")) << bench.output;
  EXPECT_TRUE(says(bench, "messages/s")) << bench.output;
}

// More ranks than cores are never quiet, and the real processes' status says so.
TEST(Bench, IsNotBelievedIfTheRealProcessesWereDisturbed) {
  const int ranks = usable_cores() + 1;
  if (ranks > 17) GTEST_SKIP() << "skipped: more ranks than cores would be " << ranks << " processes";
  const ProgramRun bench = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + build_folder() +
                                       "/chapters/13_scaling/bench --rounds 1 --batches 64 --only-if-quiet --ranks " +
                                       std::to_string(ranks));
  EXPECT_EQ(bench.status, 77) << bench.output;
  EXPECT_TRUE(says(bench, "DISTURBED")) << bench.output;
}

TEST(Programs, ExplainThemselves) {
  for (const char* program : {"train", "scaling", "grids", "bench"}) {
    const ProgramRun help = run(program + std::string(" --help"));
    EXPECT_EQ(help.status, 0) << help.output;
    EXPECT_TRUE(says(help, "--cluster")) << help.output;
  }
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set(build_folder() + "/chapters/13_scaling/train --replicas 2 --pipeline 2");
}
