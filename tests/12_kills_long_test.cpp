// Fifty kills at places that are drawn, see kills.h: of ranks, of the launcher, of a host; some on a disk that is full. And a bit that changes.
//
//   KILLS=200 build/tests/12_kills_long_test    200 of them
#include <sched.h>
#include <sys/mount.h>

#include "tests/kills.h"

using kills::Job;
using kills::Kills;

namespace {

const std::vector<std::string> rank_or_launcher = {"rank", "rank", "launcher"};

}  // namespace

TEST_F(Kills, OfDataRanks) { survive({2, "2 1 1 0", folder + "/run"}, part(12), rank_or_launcher); }
TEST_F(Kills, OfPipelineStages) { survive({2, "1 2 1 0", folder + "/run"}, part(12), rank_or_launcher); }
TEST_F(Kills, OfTensorRanks) { survive({2, "1 1 2 0", folder + "/run"}, part(6), rank_or_launcher); }
TEST_F(Kills, OfAGridOfFour) { survive({4, "2 2 1 1", folder + "/run"}, part(12), rank_or_launcher); }

TEST_F(Kills, OfHosts) {
  const Hosts hosts(3);
  if (!hosts.there()) GTEST_SKIP() << "skipped: no hosts can be made here: " << hosts.why_not();
  survive({3, "3 1 1 0", folder + "/run", true}, part(8), {"host", "host", "rank", "launcher"});
}

// The outside has the same address for the hosts that are left, whichever goes: they would look for it in vain, for half a minute.
TEST_F(Kills, OneHostDoesNotCutOffTheOthers) {
  const Hosts hosts(3);
  if (!hosts.there()) GTEST_SKIP() << "skipped: no hosts can be made here: " << hosts.why_not();
  const auto address = [] { return run_program("cat /sys/class/net/vc0/address").output; };
  const std::string first = address();
  EXPECT_EQ(first.size(), 18u) << first;
  for (const char* host : {"vc2", "vc1", "vc3"}) {
    EXPECT_EQ(run_program(std::string("ip netns del ") + host + " && sleep 0.5").output, "");
    EXPECT_EQ(address(), first) << host;
  }
}

// One of three hosts is gone in the middle, and does not come back: the run ends on the other two, by itself, with the same bits.
TEST_F(Kills, OfAHostForGood) {
  const Hosts hosts(3);
  if (!hosts.there()) GTEST_SKIP() << "skipped: no hosts can be made here: " << hosts.why_not();
  const std::string train = build_folder() + "/chapters/12_restart/train --hidden 24,16 --train-samples 600 --batch 47 --epochs 40 "
                            "--micro-batches 6 --reproducible --tensor 1 ", outside = "env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch ";
  const auto weights = [](const ProgramRun& run) {
    const size_t found = run.output.rfind("; weights ");
    return found == std::string::npos ? "none: " + run.output : run.output.substr(found, 26);
  };
  const std::string expected = weights(run_program("timeout 300 " + outside + "2 " + train));
  const std::string saved = folder + "/run", output = folder + "/output";
  const ProgramRun run = run_program(
      "{ " + std::string(Hosts::environment) + "(timeout -k 5 600 " + outside + "--restarts 3 3 " + train + "--save-every 5 --checkpoint " + saved + " >" + output +
      " 2>&1; echo status $? >>" + output + ") & for i in $(seq 9000); do ls " + saved + " 2>/dev/null | grep -q '^step_[0-9]*$' && break; sleep 0.02; done; "
      "for p in $(ip netns pids vc3); do kill -9 $p; done; ip netns del vc3; wait; cat " + output + "; }");
  EXPECT_TRUE(contains(run.output, "launch: no process starts on vc3\n"));
  EXPECT_TRUE(contains(run.output, "again, on 2 ranks, 2 restarts left\n"));
  EXPECT_TRUE(contains(run.output, "continuing after step "));
  EXPECT_TRUE(contains(run.output, "\nstatus 0\n"));
  EXPECT_EQ(weights(run), expected);
}

// There is room for one checkpoint, of two pages, and half of another one; before the last run somebody makes room.
TEST_F(Kills, OnAFullDisk) {
  const std::string nobody = "0 0 0 rank";
  const Job job{2, "2 1 1 0", folder + "/run"};
  const Job::End undisturbed = job.train(nobody, folder + "/undisturbed");
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("none", folder.c_str(), "tmpfs", 0, ("size=" + std::to_string(3 * getpagesize())).c_str()) != 0)
    GTEST_SKIP() << "skipped: needs the right to mount a small file system";
  for (int place = 1; place <= 8; ++place) {  // of the steps, and of what is done at the disk
    const std::string strike = std::to_string(place % 2) + " " + std::to_string(1 + place / 2 % 2) + " " + std::to_string(place) + " rank";
    const Job::End end = job.train(strike, job.folder);
    EXPECT_FALSE(end.came_to_its_end) << strike << "\n" << end.run.output;
  }
  const Job::End full = job.train(nobody, job.folder);
  EXPECT_EQ(full.status, 1) << full.run.output;  // its end was not saved
  EXPECT_TRUE(contains(full.run.output, "No space left on device"));
  EXPECT_EQ(full.weights, undisturbed.weights) << full.run.output;
  ASSERT_EQ(mount("none", folder.c_str(), "tmpfs", MS_REMOUNT, "size=4m"), 0);
  const Job::End last = job.train(nobody, job.folder);
  EXPECT_EQ(last.status, 0) << last.run.output;
  EXPECT_EQ(last.weights, undisturbed.weights) << last.run.output;
  umount(folder.c_str());
}

// In each attempt a bit of a weight changes in its eighth step, on one of three ranks; what the replicas do not agree on is not saved. The
// run goes back by itself to the checkpoint before, twice, and ends with the bits of a run that nothing happened to.
TEST_F(Kills, OfABitSendsTheRunBack) {
  if (on_several_hosts(2)) GTEST_SKIP() << "skipped: one host is enough for this";
  const Job job{3, "3 1 1 0", folder + "/run"};
  const Job::End undisturbed = job.train("0 0 0 rank", folder + "/undisturbed");
  ASSERT_EQ(undisturbed.status, 0) << undisturbed.run.output;
  const std::string program = build_folder() + "/tests/12_restart_run_test --gtest_also_run_disabled_tests --gtest_filter=Run.DISABLED_StrikesWhereItIsTold";
  const ProgramRun run = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD GRID='3 1 1 0' FOLDER=" + job.folder + " STRIKE='1 1 8 bit' "
                                     "timeout -k 5 300 sh common/mpi/launch --restarts 2 3 " + program + " --checkpoint " + job.folder);
  EXPECT_EQ(run.status, 0) << run.output;
  for (const char* said : {"after step 8 the weights of rank 1 differ from those of the others: not saved", "continuing after step 6,",
                           "after step 14 the weights of rank 1 differ from those of the others: not saved", "continuing after step 12,"})
    EXPECT_TRUE(contains(run.output, said)) << said << "\n" << run.output;
  EXPECT_TRUE(contains(run.output, "\nstatus 0, weights " + undisturbed.weights)) << run.output;
}
