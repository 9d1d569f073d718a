// The claim of chapter 01 at full length: 784-512-256-10, batches of 128, learning rate 0.1, 10 epochs of MNIST reach at
// least 97.5 % of the test images, for each of three seeds. About 20 s each on one core.
#include <gtest/gtest.h>

#include "tests/program.h"

namespace {

class FullTraining : public testing::TestWithParam<int> {};

TEST_P(FullTraining, ReachesTheAccuracy) {
  const ProgramRun run =
      run_program(build_folder() + "/chapters/01_serial/train --seed " + std::to_string(GetParam()));
  ASSERT_EQ(run.status, 0) << run.output;
  const size_t at = run.output.find("epoch  10");
  ASSERT_NE(at, std::string::npos) << run.output;
  const std::string word = "test accuracy ";
  const double accuracy = std::stod(run.output.substr(run.output.find(word, at) + word.size()));
  EXPECT_GE(accuracy, 97.5) << run.output;
}

INSTANTIATE_TEST_SUITE_P(Seeds, FullTraining, testing::Values(1, 2, 3));

}  // namespace
