// Chapter 06 at full length: the accuracy of chapter 01 on 1, 2 and 4 ranks, and what happens when a rank is killed.
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/program.h"
#include "tests/ranks_of_job.h"

namespace {

std::string command(int ranks, const std::string& options) {
  return "sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() + "/chapters/06_data_parallel/train " +
         options;
}

double last_accuracy(const std::string& output) {
  const std::string word = "test accuracy ";
  const size_t at = output.rfind(word);
  return at == std::string::npos ? 0 : std::stod(output.substr(at + word.size()));
}

class FullTraining : public testing::TestWithParam<int> {};

TEST_P(FullTraining, ReachesTheAccuracy) {
  const ProgramRun run = run_program(command(GetParam(), ""));
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "epoch  10"));
  EXPECT_GE(last_accuracy(run.output), 97.5) << run.output;
}

TEST_P(FullTraining, ReproducibleReachesTheAccuracyWithTheSameWeights) {
  static const ProgramRun serial = run_program(build_folder() + "/chapters/01_serial/train --micro-batches 4");
  ASSERT_EQ(serial.status, 0) << serial.output;
  const ProgramRun run = run_program(command(GetParam(), "--reproducible --micro-batches 4"));
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_GE(last_accuracy(run.output), 97.5) << run.output;
  auto weights = [](const std::string& output) { return output.substr(output.find("; weights "), 26); };
  EXPECT_EQ(weights(run.output), weights(serial.output));
}

INSTANTIATE_TEST_SUITE_P(Ranks, FullTraining, testing::Values(1, 2, 4));

// Starts a training that would last for hours, kills one rank after its first epoch, and waits for the end.
class KilledRank : public testing::TestWithParam<const char*> {};

TEST_P(KilledRank, IsNamedWithinSecondsAndNobodyHangs) {
  const std::string mark = "--seed " + std::to_string(1000000 + getpid());  // finds our own processes, nobody else's
  const std::string output = testing::TempDir() + "killed_rank_" + std::to_string(getpid());
  const std::string options = mark + " --train-samples 2000 --epochs 100000 " + GetParam();
  const ProgramRun run = run_program(
      "(" + command(4, options) + " > " + output + " 2>&1 & "
      "for i in $(seq 600); do grep -q '^epoch' " + output + " && break; sleep 0.1; done; "
      "victim=$(" + ranks_of_job(build_folder() + "/chapters/06_data_parallel/train", mark) + " | sed -n 2p); "
      "begin=$(date +%s); kill -KILL $victim; wait; "
      "grep -v '^epoch' " + output + "; rm " + output + "; echo took $(($(date +%s) - begin)) s)");
  EXPECT_TRUE(contains(run.output, "has ended without MPI_Finalize"));
  const size_t took = run.output.rfind("took ");
  ASSERT_NE(took, std::string::npos) << run.output;
  EXPECT_LE(std::stoi(run.output.substr(took + 5)), 10) << run.output;
}

INSTANTIATE_TEST_SUITE_P(Exchanges, KilledRank,
                         testing::Values("", "--overlap --bucket-kib 64", "--reproducible --micro-batches 8",
                                         "--allreduce shared-window", "--allreduce ring"));

}  // namespace
