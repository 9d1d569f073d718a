// The training program of chapter 06 as a user meets it, started on several ranks.
#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>
#include <map>
#include <vector>

#include "chapters/06_data_parallel/buckets.h"
#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/killed_gpu_rank.h"
#include "tests/options_told.h"
#include "tests/program.h"

namespace {

// EXPECT_RANKS and what the launcher of this very process left behind are not for the programs that it starts.
ProgramRun train(int ranks, const std::string& options) {
  return run_program("sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() +
                     "/chapters/06_data_parallel/train " + options);
}

ProgramRun train_serially(const std::string& options) {
  return run_program(build_folder() + "/chapters/01_serial/train " + options);
}

const std::string quick = "--hidden 16 --train-samples 500 --epochs 1 --data " + data_sets::first_images() + " ";

std::string after(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  return at == std::string::npos ? "" : text.substr(at + word.size(), text.find('\n', at) - at - word.size());
}

// Each option with its limits and what it is if nothing is said.
TEST(Programs, HelpNamesEveryOption) {
  const auto told = [](const std::string& program) {
    const ProgramRun run = run_program("sh common/mpi/launch 1 " + build_folder() + "/chapters/06_data_parallel/" + program + " --help");
    EXPECT_EQ(run.status, 0) << run.output;
    return options_told(run.output);
  };
  EXPECT_EQ(told("train"),
            "device cpu|cuda [cpu]\ndata TEXT [build/data]\nhidden N,N,.. (1 to 65536) [512,256]\nepochs N (0 to 100000) [10]\n"
            "batch N (1 to 1048576) [128]\nmicro-batches N (1 to 1048576) [1]\noptimizer sgd|momentum|adam [sgd]\n"
            "learning-rate X (0 to 1000) [0.1]\nmomentum X (0 to 1) [0.9]\ntrain-samples N (at least 0) [0]\nseed N (at least 0) [1]\nlog TEXT\n"
            "clip-norm X (at least 0) [0]\n"
            "allreduce rank-order|reduce-broadcast|recursive-doubling|ring|rabenseifner|two-level|shared-window|mpi [rank-order]\n"
            "bucket-kib N (0 to 1048576) [0]\nexchange auto|host|peer|mpi [auto]\nchunk-kib N (1 to 1048576) [1024]\noverlap\nreproducible\nreference-batch N (at least 0) [0]\nwarm-up X (0 to 1000) [0]\n"
            "watch N (at least 0) [500]\ncompare-with-serial\ntrace TEXT\n");
  EXPECT_EQ(told("bench"),
            "data TEXT [build/data]\nrounds N (1 to 10000) [9]\nsteps N (1 to 10000) [10]\nbatch N (1 to 30000) [128]\nonly TEXT\nonly-if-quiet\n");
  EXPECT_EQ(told("scaling"), "data TEXT [build/data]\nrounds N (1 to 10000) [25]\nheader\nonly-if-quiet\n");
}

TEST(Programs, OneRankHasNobodyToAddWith) {
  const ProgramRun run = run_program("sh common/mpi/launch 1 " + build_folder() + "/chapters/06_data_parallel/gpu_ways --rehearse");
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_TRUE(contains(run.output, "gpu_ways: needs at least two ranks\n"));
}

// The guard looks, when all is done, for messages that nobody received, requests that nobody waited for and communicators that are left.
TEST(Train, LeavesNothingUndone) {
  const data_sets::DataSet data({40, 2, 2, 3}, {10, 2, 2, 3});
  for (const char* options : {"--reproducible --micro-batches 4", "--overlap --bucket-kib 1", "--device cuda --overlap --bucket-kib 1"}) {
    const ProgramRun run = run_program("env GUARD_LEFTOVERS=1 GUARD_FORBIDS=unfreed sh common/mpi/launch 3 " + build_folder() +
                                       "/chapters/06_data_parallel/train --hidden 90,9 --batch 20 --epochs 1 --data " + data.folder + " " + options);
    if (run.status == 77) continue;  // no GPU
    EXPECT_EQ(run.status, 0) << options << run.output;
  }
}

// MPICH can be told that each rank is on a host of its own; then no memory is shared.
TEST(Bench, OnSeveralHostsLeavesOutTheWindow) {
  const data_sets::DataSet data({20, 2, 2, 3}, {20, 2, 2, 3});
  const auto bench = [&](const std::string& only) {
    return run_program("env MPIR_CVAR_NOLOCAL=1 sh common/mpi/launch 2 " + build_folder() + "/chapters/06_data_parallel/bench --rounds 1 --steps 1 --batch 4 --data " +
                       data.folder + " --only " + only);
  };
  const ProgramRun window = bench("shared-window"), levels = bench("two-level");
  EXPECT_EQ(levels.status, 0) << levels.output;
  if (!contains(levels.output, "; ranks on several hosts\n")) GTEST_SKIP() << "skipped: this MPI cannot be told that it is on several hosts";
  EXPECT_EQ(window.status, 1) << window.output;
  EXPECT_TRUE(contains(window.output, "--only shared-window: no setting's name has this in it"));
  EXPECT_TRUE(contains(levels.output, "\ntwo-level "));
  EXPECT_EQ(levels.output.find("core to core"), std::string::npos) << levels.output;
}

// Shares of no time, and a speed of nothing, are no numbers.
TEST(Train, OfNoEpochsTellsNoTimes) {
  const ProgramRun run = train(2, "--hidden 8 --train-samples 90 --batch 45 --epochs 0");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.output.find("nan"), std::string::npos) << run.output;
}

// A block for each layer, forward and backward, of both ranks in each of three steps; the test images are only looked at forward.
TEST(Train, WritesATimelineOfItsLayers) {
  const std::string file = testing::TempDir() + "timeline_" + std::to_string(getpid()) + ".json";
  const ProgramRun run = train(2, "--hidden 8 --train-samples 90 --batch 30 --epochs 1 --overlap --trace " + file);
  EXPECT_EQ(run.status, 0) << run.output;
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto count = [&](const std::string& name) {
    size_t found = 0;
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("\"backward 0\""), 6u);
  EXPECT_EQ(count("\"backward 1\""), 6u);
  EXPECT_GE(count("\"forward 0\""), 6u);
  EXPECT_EQ(count("\"forward 1\""), count("\"forward 0\""));
  run_program("rm -f " + file);
}

// With --overlap from GPU to GPU: of each rank what its GPU computes, and on a stream of its own each bucket's sum, which begins when the
// layers in the bucket are done. Beside them the host's calls of MPI.
TEST(Train, WritesATimelineOfTheStreamsOfItsGpus) {
  if (on_several_hosts(2)) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  const std::string file = testing::TempDir() + "streams_" + std::to_string(getpid()) + ".json";
  const ProgramRun run = train(2, "--device cuda --exchange peer --overlap --bucket-kib 4 --hidden 8 --train-samples 90 --batch 30 --epochs 1 --trace " + file);
  if (run.status == 77) GTEST_SKIP() << "skipped: no GPU";
  EXPECT_EQ(run.status, 0) << run.output;
  struct Stretch {
    double begin, end;
  };
  std::map<std::string, std::vector<Stretch>> found;  // by rank, stream and name
  size_t collectives = 0;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    char name[100];
    int stream = 0, rank = 0;
    double begin = 0, length = 0;
    collectives += contains(line, "\"cat\":\"collective\"") && contains(line, "\"pid\":0,");
    if (std::sscanf(line.c_str(), R"({"name":"%99[^"]","cat":"stream","ph":"X","pid":%d,"tid":%d,"ts":%lf,"dur":%lf)", name, &stream, &rank, &begin, &length) == 5)
      found[std::to_string(rank) + " " + std::to_string(stream) + " " + name].push_back({begin, begin + length});
  }
  EXPECT_GT(collectives, 0u);
  const size_t first_layer = 784 * 8 + 8;
  const std::vector<Range> buckets = make_buckets(first_layer + 8 * 10 + 10, 1024);
  EXPECT_GT(buckets.size(), 5u);
  for (const std::string rank : {"0", "1"})
    for (size_t b = 0; b < buckets.size(); ++b) {
      const std::vector<Stretch>& sums = found[rank + " 2 sum " + std::to_string(b)];
      const std::vector<Stretch>& done = found[rank + " 1 backward " + (buckets[b].first < first_layer ? "0" : "1")];
      ASSERT_TRUE(sums.size() == 3 && done.size() == 3) << rank << ": " << sums.size() << " sums, " << done.size() << " backward";
      // Times of events are floats of milliseconds: here of less than 60 s, so right to 4 us.
      for (size_t step = 0; step < 3; ++step) EXPECT_GE(sums[step].begin, done[step].end - 8) << "rank " << rank << ", bucket " << b << ", step " << step;
    }
  run_program("rm -f " + file);
}

TEST(Train, PrintsWhatAPlainLoopComputes) {
  for (plain::Run run : plain::runs()) {
    EXPECT_EQ(plain::complaints(train(3, run.options() + "--compare-with-serial"), run, 3), "");
    run.warm_up = 1.5;
    const std::string options = run.options();
    run.rate *= double(run.batch) / 100;  // the rate given is that of a batch of 100
    EXPECT_EQ(plain::complaints(train(3, options + "--warm-up 1.5 --reference-batch 100"), run, 3), "");
  }
}

TEST(Train, OneRankEndsWithTheWeightsOfChapter01) {
  const ProgramRun parallel = train(1, quick), serial = train_serially(quick);
  ASSERT_EQ(parallel.status, 0) << parallel.output;
  ASSERT_NE(after(serial.output, "; weights "), "") << serial.output;
  EXPECT_EQ(after(parallel.output, "; weights "), after(serial.output, "; weights "));
}

TEST(Train, WithoutAGpuSaysSoOnceAndEndsWithTheStatusForThat) {
  setenv("CUDA_VISIBLE_DEVICES", "", 1);
  const ProgramRun run = train(3, quick + "--device cuda");
  unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(run.status, 77) << run.output;
  const size_t first = run.output.find("no GPU can be used");
  EXPECT_NE(first, std::string::npos) << run.output;
  EXPECT_EQ(run.output.find("no GPU can be used", first + 1), std::string::npos) << run.output;
}

TEST(Train, ReproducibleRunsEndWithTheWeightsOfChapter01) {
  const std::string options = quick + "--micro-batches 6 --batch 70 ";
  const std::string expected = after(train_serially(options).output, "; weights ");
  ASSERT_NE(expected, "");
  for (int ranks : {1, 2, 3, 7}) {
    const ProgramRun run = train(ranks, options + "--reproducible");
    ASSERT_EQ(run.status, 0) << run.output;
    EXPECT_EQ(after(run.output, "; weights "), expected) << ranks << " ranks";
  }
}

TEST(Train, TheDefaultAddsRanksAsChapter01AddsMicroBatches) {
  const std::string expected = after(train_serially(quick + "--micro-batches 3").output, "; weights ");
  ASSERT_NE(expected, "");
  for (const char* options : {"", "--bucket-kib 2", "--bucket-kib 2 --overlap"}) {
    const ProgramRun run = train(3, quick + options);
    EXPECT_EQ(after(run.output, "; weights "), expected) << options << "\n" << run.output << "status " << run.status;
  }
}

TEST(Train, TheSharedWindowAddsRanksAsChapter01AddsMicroBatches) {
  const ProgramRun run = train(3, quick + "--allreduce shared-window");
  if (on_several_hosts(3)) {
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_TRUE(contains(run.output, "do not share memory"));
    GTEST_SKIP() << "skipped: the ranks are on several hosts and share no memory";
  }
  EXPECT_EQ(after(run.output, "; weights "), after(train_serially(quick + "--micro-batches 3").output, "; weights ")) << run.output;
  EXPECT_EQ(run.status, 0) << run.output;
}

TEST(Train, ComparesItselfWithTheSerialRun) {
  for (const char* options : {"", "--micro-batches 4 --batch 100", "--allreduce ring", "--overlap --allreduce mpi"}) {
    const ProgramRun run = train(4, quick + "--compare-with-serial " + options);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "within ten times what another order of sums does"));
  }
  const ProgramRun alone = train(1, quick + "--compare-with-serial");
  EXPECT_EQ(alone.status, 0) << alone.output;
  EXPECT_TRUE(contains(alone.output, "the same bits"));
  const ProgramRun run = train(2, quick + "--compare-with-serial --reproducible --micro-batches 4");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "the same bits"));
  EXPECT_TRUE(contains(run.output, "%, exchanging "));
}

TEST(Train, RanksThatHaveNoRowsTakePart) {
  const ProgramRun run = train(5, "--hidden 8 --train-samples 20 --batch 3 --epochs 2 --overlap --compare-with-serial");
  EXPECT_EQ(run.status, 0) << run.output;
}

TEST(Train, AMistakeGivesOneLineAndAStatus) {
  const ProgramRun run = train(3, "--overlap --allreduce ring");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(contains(run.output, "--overlap: --allreduce ring cannot run in the background, only rank-order and mpi\n"));
  EXPECT_FALSE(contains(run.output, "rank 1"));
  const ProgramRun no_data = train(2, "--data /no/such/folder");
  EXPECT_EQ(no_data.status, 1) << no_data.output;
  EXPECT_TRUE(contains(no_data.output, "/no/such/folder/train-images-idx3-ubyte: cannot open: No such file or directory\n"));
}

TEST(Train, OnlyRank0Speaks) {
  const ProgramRun run = train(4, quick), help = train(4, "--help");
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.output.find("epoch   1"), run.output.rfind("epoch   1"));
  EXPECT_EQ(help.output.find("--reproducible"), help.output.rfind("--reproducible"));
}

// On GPUs, or on the CPU that stands in for them, in three orders of a block's threads.
TEST(Train, GoesFromGpuToGpuOrThroughTheHostWithTheSameBits) {
  const data_sets::DataSet data({300, 28, 28, 10}, {90, 28, 28, 10});  // the CPU that stands in for a GPU is slow
  const std::string options = "--device cuda --hidden 32 --epochs 1 --data " + data.folder + " ";
  const bool one_host = !on_several_hosts(3);
  std::string expected;
  for (const char* order : {"ascending", "descending", "shuffled"}) {
    setenv("CUDA_ON_CPU_ORDER", order, 1);
    for (const char* way : {"--exchange host --bucket-kib 9 --chunk-kib 4", "", "--exchange peer --overlap --bucket-kib 4"}) {
      if (!expected.empty() && order != std::string("ascending") && way[0] == '\0') continue;  // twice is enough
      const ProgramRun run = train(3, options + way);
      if (run.status == 77) GTEST_SKIP() << "skipped: no GPU";
      ASSERT_EQ(run.status, 0) << run.output;
      const bool peers = run.output.find("3 ranks, allreduce rank-order from GPU to GPU, ") != std::string::npos;
      EXPECT_EQ(peers, !std::string(way).starts_with("--exchange host") && one_host) << run.output;
      const std::string weights = after(run.output, "; weights ");
      ASSERT_NE(weights, "") << run.output;
      EXPECT_EQ(weights, expected.empty() ? expected = weights : expected) << order << " " << way;
    }
  }
  unsetenv("CUDA_ON_CPU_ORDER");
  const ProgramRun run = train(2, "--exchange peer");
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_TRUE(contains(run.output, "--exchange peer: needs --device cuda"));
}

TEST(Train, AKilledRankLeavesNoSharedMemoryBehind) {
  expect_nothing_left_behind(3, build_folder() + "/chapters/06_data_parallel/train", "--hidden 24,17 --overlap --bucket-kib 4");
}

// The script that `make gpu-report` trains with, around a program that says what the test wants. What it ends with, and its last line.
TEST(ByWay, HoldsTheWeightsAgainstThoseOfAnotherWay) {
  const std::string file = testing::TempDir() + "by_way_" + std::to_string(getpid());
  const auto by = [&](const std::string& way, const std::string& said, int status = 0) {
    const ProgramRun run = run_program("sh chapters/06_data_parallel/by_way.sh " + way + " " + file +
                                       " sh -c 'echo \"told: $*\"; echo \"" + said + "\"; exit " + std::to_string(status) + "' told --epochs 1");
    EXPECT_TRUE(contains(run.output, "told: --epochs 1 --exchange " + way + "\n"));
    const std::string lines = run.output.substr(0, run.output.size() - 1);
    return std::to_string(run.status) + " " + lines.substr(lines.rfind('\n') + 1);
  };
  const std::string trained = "trained 3 steps in 0.1 s, 20 samples/s; weights ";
  EXPECT_EQ(by("host", "no NCCL", 3), "3 no NCCL");
  EXPECT_EQ(by("host", "it trained"), "1 no weights in what it says");
  EXPECT_EQ(by("mpi", "MPI takes no pointers (says no): gradients go through host memory"), "77 skipped: MPI takes no pointers (says no)");
  EXPECT_FALSE(std::ifstream(file).good());
  EXPECT_EQ(by("host", trained + "00a1"), "0 weights as by host");
  EXPECT_EQ(by("peer", trained + "00a1"), "0 weights as by host");
  EXPECT_EQ(by("mpi", trained + "00a2"), "1 weights 00a2, by host 00a1");
  run_program("rm -f " + file);
}

// The script with a program in place of the real one, which prints a line and ends with this status.
ProgramRun scaling_with(int status, const std::string& folder) {
  const std::string program = folder + "/chapters/06_data_parallel/scaling";
  return run_program("rm -rf " + folder + "; mkdir -p " + folder + "/chapters/06_data_parallel; printf '#!/bin/sh\\necho " +
                     "strong128,1,128,1,1.00,1.00,0.1,quiet\\nexit " + std::to_string(status) + "\\n' >" + program +
                     "; chmod +x " + program + "; B=" + folder + " RECORD=" + folder +
                     "/record.csv sh chapters/06_data_parallel/scaling.sh 1");
}

TEST(Scaling, ADisturbedRunWritesNoResults) {
  const std::string folder = testing::TempDir() + "scaling_" + std::to_string(getpid());
  const ProgramRun quiet = scaling_with(0, folder);
  EXPECT_EQ(quiet.status, 0) << quiet.output;
  EXPECT_TRUE(std::ifstream(folder + "/record.csv").good()) << quiet.output;
  const ProgramRun disturbed = scaling_with(77, folder);
  EXPECT_EQ(disturbed.status, 77) << disturbed.output;
  EXPECT_FALSE(std::ifstream(folder + "/record.csv").good());
  EXPECT_TRUE(contains(disturbed.output, "nothing was written"));
  run_program("rm -rf " + folder);
}

TEST(Scaling, ComparesWithTheSerialStep) {
  const ProgramRun run = run_program("sh common/mpi/launch 2 " + build_folder() +
                                     "/chapters/06_data_parallel/scaling --header --rounds 1");
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.lines(), 4u) << run.output;
  for (const char* begin : {"kind,ranks,batch,", "strong128,2,128,", "strong1024,2,1024,", "weak,2,256,"})
    EXPECT_TRUE(contains(run.output, begin));
}

// The chapter's promise: the program is chapter 01's, but for these lines.
TEST(Train, DiffersFromChapter01InAtMost16Lines) {
  const ProgramRun diff = run_program("diff chapters/01_serial/train.cpp chapters/06_data_parallel/train.cpp");
  ASSERT_EQ(diff.status, 1) << diff.output;
  size_t changed = 0;
  for (size_t at = 0; (at = diff.output.find("\n>", at)) != std::string::npos; ++at) ++changed;
  EXPECT_GT(changed, 5u);
  EXPECT_LE(changed, 16u) << diff.output;
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 2 " + build_folder() +
                                   "/chapters/06_data_parallel/train --compare-with-serial");
}

}  // namespace
