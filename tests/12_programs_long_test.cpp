// Ranks are killed at random moments, fifty times, also while a checkpoint is written and where the disk is full: nobody
// hangs, every run continues from its last checkpoint, and ends with the bits of a run that nothing happened to. And the main
// job reaches its accuracy.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

// Finds our own processes, nobody else's.
const std::string mark = "--seed " + std::to_string(1000000 + getpid());
const std::string program = build_folder() + "/chapters/12_restart/train";

bool says(const std::string& output, const std::string& text) { return output.find(text) != std::string::npos; }

std::string hash_of_weights(const std::string& output) {
  const size_t found = output.rfind("; weights ");
  return found == std::string::npos ? "none" : output.substr(found + 10, 16);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A training that saves so often that much of its time is saving.
struct Job {
  int ranks;
  std::string grid, folder;
  std::string command(const std::string& more) const {
    return "env -u PMI_RANK -u PMI_SIZE -u PMI_FD timeout 300 sh common/mpi/launch " + std::to_string(ranks) + " " + program +
           " " + mark + " --hidden 24,16 --train-samples 3000 --batch 50 --epochs 3 --micro-batches 4 --optimizer adam " +
           "--learning-rate 0.001 " + grid + " " + more;
  }
  std::string continued() const { return command("--resume --save-every 2 --checkpoint " + folder); }
};

// Starts a command, kills the rank number `victim` after so many seconds, if it still runs, and waits for the end.
struct Killed {
  bool killed = false;
  ProgramRun run{-1, ""};
};
Killed run_and_kill(const Job& job, int victim, double after) {
  Killed result;
  std::thread runner([&] { result.run = run_program(job.continued()); });
  std::this_thread::sleep_for(std::chrono::duration<double>(after));
  // The first processes of that name are the ranks; each has a child of the guard's, which looks the same.
  result.killed = run_program("kill -KILL $(pgrep -f '^" + program + " " + mark + "' | head -n " +
                              std::to_string(job.ranks) + " | sed -n " + std::to_string(victim + 1) + "p)")
                      .status == 0;
  runner.join();
  return result;
}

class Kills : public testing::Test {
 protected:
  Kills() : folder(testing::TempDir() + "kills_" + std::to_string(getpid())) { fs::create_directories(folder); }
  ~Kills() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  const std::string folder;

  // Kills until it was `kills` times; between them the run may come to its end and starts again.
  void survive(const Job& job, int kills) {
    const auto start = std::chrono::steady_clock::now();
    const ProgramRun undisturbed = run_program(job.command(""));
    const double whole = seconds_since(start);
    const std::string hash = hash_of_weights(undisturbed.output);
    ASSERT_EQ(hash.size(), 16u) << undisturbed.output;

    const unsigned seed = std::random_device()();
    std::cout << job.grid << ": random seed " << seed << ", a run of " << whole << " s" << std::endl;
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> moment(0, 1.2 * whole);
    int killed = 0, finished = 0;
    for (int launches = 0; killed < kills && launches < 10 * kills; ++launches) {
      const Killed k = run_and_kill(job, int(random() % unsigned(job.ranks)), moment(random));
      killed += k.killed;
      ASSERT_NE(k.run.status, 124) << "hangs\n" << k.run.output;
      ASSERT_FALSE(says(k.run.output, "passed over")) << k.run.output;  // a file is good, or not there
      ASSERT_FALSE(says(k.run.output, "no good checkpoint") || says(k.run.output, "not saved")) << k.run.output;
      if (hash_of_weights(k.run.output).size() != 16) continue;
      ASSERT_EQ(hash_of_weights(k.run.output), hash) << k.run.output;
      ++finished;
      for (const auto& entry : fs::directory_iterator(folder)) fs::remove(entry.path());
    }
    EXPECT_EQ(killed, kills);
    const ProgramRun last = run_program(job.continued());
    EXPECT_EQ(last.status, 0) << last.output;
    EXPECT_EQ(hash_of_weights(last.output), hash) << last.output;
    std::cout << killed << " kills, " << finished + 1 << " runs came to their end" << std::endl;
  }
};

TEST_F(Kills, OfDataRanks) { survive({2, "--replicas 2", folder}, 12); }
TEST_F(Kills, OfPipelineStages) { survive({2, "--pipeline 2", folder}, 12); }
TEST_F(Kills, OfTensorRanks) { survive({2, "--tensor 2", folder}, 6); }
TEST_F(Kills, OfAGridOfFour) { survive({4, "--replicas 2 --pipeline 2 --reproducible", folder}, 12); }

// There is room for one checkpoint of 237 KB and a half; before the last run somebody makes room.
TEST_F(Kills, OnAFullDisk) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("none", folder.c_str(), "tmpfs", 0, "size=360k") != 0)
    GTEST_SKIP() << "needs the right to mount a small file system";
  const Job job{2, "--replicas 2", folder};
  const std::string hash = hash_of_weights(run_program(job.command("")).output);
  std::mt19937 random(std::random_device{}());
  int killed = 0;
  for (int launches = 0; killed < 8 && launches < 80; ++launches) {
    const Killed k = run_and_kill(job, int(random() % 2), 0.3 + double(random() % 1000) / 1500);
    killed += k.killed;
    ASSERT_NE(k.run.status, 124) << "hangs\n" << k.run.output;
    ASSERT_FALSE(says(k.run.output, "passed over")) << k.run.output;
    if (k.killed) continue;
    EXPECT_EQ(k.run.status, 1) << k.run.output;  // its end was not saved
    EXPECT_TRUE(says(k.run.output, "No space left on device")) << k.run.output;
  }
  EXPECT_EQ(killed, 8);
  ASSERT_EQ(mount("none", folder.c_str(), "tmpfs", MS_REMOUNT, "size=4m"), 0);
  const ProgramRun last = run_program(job.continued());
  EXPECT_EQ(last.status, 0) << last.output;
  EXPECT_EQ(hash_of_weights(last.output), hash) << last.output;
  umount(folder.c_str());
}

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
  EXPECT_TRUE(says(predict.output, correct + " of 10000 images")) << correct << "\n" << predict.output;
  fs::remove_all(folder);
}

}  // namespace
