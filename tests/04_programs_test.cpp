// The programs of chapter 04 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/program.h"

namespace {

// These programs are MPI jobs of their own, whatever job this test may be part of.
ProgramRun launch(int ranks, const std::string& command, const std::string& environment = "") {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + environment + " sh common/mpi/launch " +
                     std::to_string(ranks) + " " + build_folder() + "/chapters/04_point_to_point/" + command);
}

bool says(const ProgramRun& run, const std::string& text) {
  return run.output.find(text) != std::string::npos;
}

const std::string quick = "train --hidden 24,16 --train-samples 600 --batch 50 --epochs 1 ";

// Lines of several ranks come in any order.
TEST(FirstProgram, SendsTwoNumbersToRank1) {
  const ProgramRun two = launch(2, "first");
  EXPECT_EQ(two.status, 0) << two.output;
  EXPECT_EQ(two.lines(), 3u) << two.output;
  for (const char* line : {"rank 0 of 2: x = 3.5, 7\n", "rank 1 has a message from rank 0 with tag 5\n",
                           "rank 1 of 2: x = 3.5, 7\n"})
    EXPECT_TRUE(says(two, line)) << two.output;
}

TEST(FirstProgram, ThirdRankKeepsItsOwnNumbers) {
  const ProgramRun three = launch(3, "first");
  EXPECT_EQ(three.status, 0) << three.output;
  EXPECT_EQ(three.lines(), 4u) << three.output;
  for (const char* line :
       {"rank 0 of 3: x = 3.5, 7\n", "rank 1 of 3: x = 3.5, 7\n", "rank 2 of 3: x = 0, 0\n"})
    EXPECT_TRUE(says(three, line)) << three.output;
}

TEST(FirstProgram, OneRankHasNobodyToSendTo) {
  const ProgramRun one = launch(1, "first", "OMPI_MCA_orte_execute_quiet=0");  // the words are those of Open MPI's launcher
  EXPECT_NE(one.status, 0) << one.output;
  EXPECT_TRUE(says(one, "nvalid rank")) << one.output;
  EXPECT_FALSE(says(one, "x =")) << one.output;
}

TEST(HelloProgram, EveryRankHasItsLine) {
  const ProgramRun run = launch(3, "hello");
  EXPECT_EQ(run.status, 0) << run.output;
  for (const char* text : {"0 of 3", "1 of 3", "2 of 3", "in MPI calls: "})
    EXPECT_TRUE(says(run, text)) << run.output;
}

TEST(ProbeProgram, AllListsArriveWhole) {
  const ProgramRun run = launch(4, "probe");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.lines(), 9u) << run.output;
}

TEST(RingProgram, TheBlockingOneHangsAndIsExplained) {
  const ProgramRun small = launch(3, "ring --way blocking --bytes 64");
  EXPECT_EQ(small.status, 0) << small.output;
  const ProgramRun large = launch(3, "ring --way blocking --bytes 1000000", "GUARD_TIMEOUT=2");
  EXPECT_EQ(large.status, 86) << large.output;
  EXPECT_TRUE(says(large, "deadlock: rank 0 waits for rank 1")) << large.output;
}

TEST(RingProgram, EachCureEnds) {
  for (const char* way : {"ordered", "sendrecv", "nonblocking"}) {
    const ProgramRun run = launch(3, std::string("ring --bytes 1000000 --way ") + way);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(says(run, "every element is 3")) << run.output;
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
  const double shorter = messages < computing ? messages : computing, rounded = 0.6 + 100 * 0.02 * (1 + (messages + computing) / shorter) / shorter;
  EXPECT_EQ(bytes, 8000000);
  EXPECT_EQ(tests, 10);
  EXPECT_NEAR(at_end_hidden, 100 * (messages + computing - at_end) / shorter, rounded) << run.output;
  EXPECT_NEAR(with_tests_hidden, 100 * (messages + computing - with_tests) / shorter, rounded) << run.output;
}

TEST(PingPongProgram, WritesTimesAndFit) {
  const std::string log = build_folder() + "/ping_pong_test.csv";
  const ProgramRun run = launch(2, "ping_pong --most 65536 --rounds 3 --log " + log);
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(says(run, "alpha =")) << run.output;
  std::ifstream in(log);
  std::string header;
  std::getline(in, header);
  EXPECT_EQ(header, "bytes,seconds,way,alpha,beta");
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
    EXPECT_TRUE(says(run, "serial run: agrees, all 19410 weights have the same bits")) << run.output;
  }
}

// Only the hash of the weights tells; the serial program of chapter 01 is another binary.
TEST(TrainProgram, AgreesWithTheProgramOfChapter01) {
  const ProgramRun parallel = launch(2, quick + "--micro-batches 4");
  const ProgramRun serial =
      run_program(build_folder() + "/chapters/01_serial/" + quick + "--micro-batches 4");
  const size_t at = serial.output.find("weights ");
  ASSERT_NE(at, std::string::npos) << serial.output;
  EXPECT_TRUE(says(parallel, serial.output.substr(at, 24))) << parallel.output;
}

TEST(TrainProgram, DivergenceEndsAllRanks) {
  const ProgramRun run = launch(2, quick + "--hidden 64,64,64,64,64 --learning-rate 1000 --epochs 2");
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_TRUE(says(run, "training diverged")) << run.output;
}

TEST(Programs, WrongUseGivesALineAndAStatus) {
  for (const char* command : {"ping_pong", "overlap"}) {
    const ProgramRun run = launch(1, command);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_TRUE(says(run, "two ranks")) << run.output;
  }
  EXPECT_EQ(launch(2, "ring --way round").status, 1);
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 3 " + build_folder() +
                                   "/chapters/04_point_to_point/train");
}

}  // namespace
