// Chapter 09 at full length: the accuracy of chapter 01 on ranks that share every layer.
#include <gtest/gtest.h>

#include "tests/program.h"

namespace {

class FullTraining : public testing::TestWithParam<int> {};

TEST_P(FullTraining, ReachesTheAccuracy) {
  const ProgramRun run = run_program("sh common/mpi/launch " + std::to_string(GetParam()) + " " +
                                     build_folder() + "/chapters/09_tensor_parallel/train");
  ASSERT_EQ(run.status, 0) << run.output;
  const std::string word = "test accuracy ";
  const size_t last = run.output.rfind(word);
  ASSERT_NE(last, std::string::npos) << run.output;
  EXPECT_TRUE(contains(run.output, "epoch  10"));
  EXPECT_GE(std::stod(run.output.substr(last + word.size())), 97.5) << run.output;
}

INSTANTIATE_TEST_SUITE_P(Ranks, FullTraining, testing::Values(2, 3, 4));

}  // namespace
