// The main job reaches its accuracy.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

TEST(MainJob, ReachesItsAccuracyAndItsCheckpointIsGood) {
  const std::string folder = testing::TempDir() + "main_job_" + std::to_string(getpid());
  const ProgramRun run = run_program("make -s train RANKS=2 ARGS='--checkpoint " + folder + "'");
  EXPECT_EQ(run.status, 0) << run.output;
  const size_t count = run.output.rfind(" % (") + 4;  // "test accuracy 97.84 % (9784 of 10000)"
  const std::string correct = run.output.substr(count, run.output.find(' ', count) - count);
  EXPECT_GE(std::atoi(correct.c_str()), 9750) << run.output;
  const ProgramRun predict = run_program(
      build_folder() + "/chapters/12_restart/predict --show 0 --checkpoint " + folder +
      " --images build/data/t10k-images-idx3-ubyte --labels build/data/t10k-labels-idx1-ubyte");
  EXPECT_TRUE(contains(predict.output, correct + " of 10000 images")) << correct << "\n" << predict.output;
  fs::remove_all(folder);
}

}  // namespace
