// A job of three limits, under a real Slurm (virtual_slurm.sh): told three times that its time is nearly over, it saves, queues again, goes
// on, and ends by itself with the bits of a run that nobody stopped.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}
// How often a text has a part.
int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}
std::string weights_of(const std::string& text) {
  const size_t found = text.rfind("; weights ");
  return found == std::string::npos ? "none" : text.substr(found, 26);
}

TEST(Slurm, AJobOfThreeLimitsEndsByItself) {
  const ProgramRun up = run_program("timeout -k 5 120 sh tests/virtual_slurm.sh up 2 2");
  if (up.status != 0) GTEST_SKIP() << "skipped: no Slurm can be started here: " << up.output;
  const std::string folder = fs::absolute(testing::TempDir() + "slurm_" + std::to_string(getpid())), output = folder + "/output";
  fs::create_directories(folder);
  const std::string train = build_folder() + "/chapters/12_restart/train --hidden 24,16 --train-samples 600 --batch 47 --epochs 60 --replicas 4 ";
  const ProgramRun undisturbed = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 4 " + train);
  const std::string slurm = "eval \"$(sh tests/virtual_slurm.sh env)\"; ";
  const ProgramRun queued = run_program(slurm + "sbatch --parsable --output=" + output + " common/cluster/job.sh " + train + "--save-every 10 --checkpoint " +
                                        folder + "/run --resume");
  const int job = std::atoi(queued.output.c_str());
  EXPECT_GT(job, 0) << queued.output;
  // What Slurm sends 60 seconds before the limit, when an attempt has got somewhere; then it waits for the end of it.
  const auto wait_for = [&](auto what) {
    for (int i = 0; i < 3000 && !what(); ++i) usleep(100000);
    return what();
  };
  const auto newest = [&] {
    long step = -1;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder + "/run", none))
      if (const std::string name = entry.path().filename(); name.size() == 13) step = std::max(step, std::atol(name.c_str() + 5));
    return step;
  };
  for (int limit = 1; limit <= 3; ++limit) {
    const long before = newest();
    EXPECT_TRUE(wait_for([&] { return newest() > before; })) << text_of(output);
    EXPECT_EQ(run_program(slurm + "scancel --batch --signal=USR1 " + std::to_string(job)).status, 0);
    EXPECT_TRUE(wait_for([&] { return count(text_of(output), "SIGUSR1: stopped after step ") == limit; })) << text_of(output);
  }
  EXPECT_TRUE(wait_for([&] { return weights_of(text_of(output)) != "none"; }))
      << text_of(output) << run_program(slurm + "scontrol show job " + std::to_string(job) + "; scontrol show nodes").output;
  EXPECT_EQ(count(text_of(output), "continuing after step "), 3) << text_of(output);
  EXPECT_EQ(weights_of(text_of(output)), weights_of(undisturbed.output)) << text_of(output);
  run_program(slurm + "scancel " + std::to_string(job) + "; sh tests/virtual_slurm.sh down");
  fs::remove_all(folder);
}

}  // namespace
