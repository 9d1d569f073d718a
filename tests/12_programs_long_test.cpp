// Ranks are killed fifty times, each time at a place that is drawn: a step, or a call that changes the disk; also where the disk is
// full. Nobody hangs, every run continues from its last checkpoint, and ends with the bits of a run that nothing happened to. And the
// main job reaches its accuracy.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

bool says(const std::string& output, const std::string& text) { return output.find(text) != std::string::npos; }

// A training that saves after every other step: most of its places are calls that change the disk.
struct Job {
  int ranks;
  std::string grid, folder;  // grid: as 12_restart_run_test.cpp reads it

  struct End {
    ProgramRun run;
    bool killed;                // by us, as it was told
    int status;                 // of the training
    std::string weights;
    int places;                 // of the rank that had fewest
  };
  // Rank `victim` dies at this place; 0: nobody does.
  End train(int victim, int place, const std::string& in) const {
    End end{run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD GRID='" + grid + "' FOLDER=" + in + " KILL='" + std::to_string(victim) + " " +
                        std::to_string(place) + "' timeout 300 sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() +
                        "/tests/12_restart_run_test --gtest_also_run_disabled_tests --gtest_filter=Run.DISABLED_DiesWhereItIsTold"),
            false, -1, "none", 0};
    char weights[20] = "none";
    const size_t told = std::min(end.run.output.size(), end.run.output.find("\nstatus "));
    std::sscanf(end.run.output.c_str() + told, " status %d, weights %16[0-9a-f], places %d", &end.status, weights, &end.places);
    end.weights = weights;
    end.killed = end.run.status != 0;
    EXPECT_NE(end.run.status, 124) << "hangs\n" << end.run.output;
    EXPECT_FALSE(says(end.run.output, "passed over") || says(end.run.output, "no good checkpoint")) << end.run.output;  // good, or not there
    return end;
  }
};

class Kills : public testing::Test {
 protected:
  Kills() : folder(testing::TempDir() + "kills_" + std::to_string(getpid())) { fs::create_directories(folder); }
  ~Kills() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  const std::string folder;

  // Kills until it was `kills` times; between them the run may come to its end and starts again. From the beginning of a run every
  // place that is drawn is reached, so at least every other program is killed.
  void survive(const Job& job, int kills) {
    const Job::End undisturbed = job.train(0, 0, folder + "/undisturbed");
    ASSERT_EQ(undisturbed.weights.size(), 16u) << undisturbed.run.output;
    ASSERT_EQ(undisturbed.status, 0) << undisturbed.run.output;
    const unsigned seed = std::random_device()();
    std::cout << job.grid << ": random seed " << seed << ", " << undisturbed.places << " places" << std::endl;
    std::mt19937 random(seed);
    int killed = 0, finished = 0;
    for (int launches = 0; killed < kills && launches < 2 * kills; ++launches) {
      const Job::End end = job.train(int(random() % unsigned(job.ranks)), 1 + int(random() % unsigned(undisturbed.places)), job.folder);
      ASSERT_FALSE(HasFailure());
      ASSERT_FALSE(says(end.run.output, "not saved")) << end.run.output;
      killed += end.killed;
      if (end.killed) continue;
      ASSERT_EQ(end.weights, undisturbed.weights) << end.run.output;
      ++finished;
      fs::remove_all(job.folder);
    }
    EXPECT_EQ(killed, kills);
    const Job::End last = job.train(0, 0, job.folder);
    EXPECT_EQ(last.status, 0) << last.run.output;
    EXPECT_EQ(last.weights, undisturbed.weights) << last.run.output;
    std::cout << killed << " kills, " << finished + 1 << " runs came to their end" << std::endl;
  }
};

TEST_F(Kills, OfDataRanks) { survive({2, "2 1 1 0", folder + "/run"}, 12); }
TEST_F(Kills, OfPipelineStages) { survive({2, "1 2 1 0", folder + "/run"}, 12); }
TEST_F(Kills, OfTensorRanks) { survive({2, "1 1 2 0", folder + "/run"}, 6); }
TEST_F(Kills, OfAGridOfFour) { survive({4, "2 2 1 1", folder + "/run"}, 12); }

// There is room for one checkpoint, of two pages, and half of another one; before the last run somebody makes room.
TEST_F(Kills, OnAFullDisk) {
  const Job job{2, "2 1 1 0", folder + "/run"};
  const Job::End undisturbed = job.train(0, 0, folder + "/undisturbed");
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("none", folder.c_str(), "tmpfs", 0, ("size=" + std::to_string(3 * getpagesize())).c_str()) != 0)
    GTEST_SKIP() << "skipped: needs the right to mount a small file system";
  for (int place = 3; place <= 18; place += 2) {
    const Job::End end = job.train(place / 2 % 2, place, job.folder);
    EXPECT_TRUE(end.killed) << end.run.output;
  }
  const Job::End full = job.train(0, 0, job.folder);
  EXPECT_EQ(full.status, 1) << full.run.output;  // its end was not saved
  EXPECT_TRUE(says(full.run.output, "No space left on device")) << full.run.output;
  EXPECT_EQ(full.weights, undisturbed.weights) << full.run.output;
  ASSERT_EQ(mount("none", folder.c_str(), "tmpfs", MS_REMOUNT, "size=4m"), 0);
  const Job::End last = job.train(0, 0, job.folder);
  EXPECT_EQ(last.status, 0) << last.run.output;
  EXPECT_EQ(last.weights, undisturbed.weights) << last.run.output;
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
