// The record of a run, chapters/01_serial/run_record.h: what it holds, and how a run that is continued goes on with it; and what a run
// reports, on a terminal, too.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "chapters/01_serial/run_record.h"
#include "chapters/01_serial/train_report.h"
#include "common/error.h"
#include "common/hash.h"
#include "tests/data_sets.h"
#include "tests/error_of.h"
#include "tests/full_disk.h"
#include "tests/known_clock.h"

namespace {

TEST(RunRecord, WritesOneLineAStep) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("record_" + std::to_string(getpid()))).string();
  {
    RunRecord record(file);
    record.add(1, 2.5, -1, 1000);
    record.add(1, 2.5, 0.975, 1000);
    record.add(2, 0.12345678949, 0, 0.5);
  }
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, "step,loss,accuracy,samples_per_second\n1,2.5,,1000\n1,2.5,0.975,1000\n2,0.123456789,0,0.5\n");
  RunRecord("").add(1, 2, 3, 4);  // records nothing
  std::filesystem::remove(file);
}

TEST(RunRecord, OfAContinuedRunKeepsWhatWasBefore) {
  const std::string file = testing::TempDir() + "continued_" + std::to_string(getpid()) + ".csv";
  {
    RunRecord record(file);
    for (size_t step : {1, 2, 3}) record.add(step, 0.5, -1, 10);
  }
  const auto continued_behind = [&](size_t step) {
    RunRecord(file, step).add(step + 1, 0.25, -1, 10);
    std::ifstream in(file);
    return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  };
  EXPECT_EQ(continued_behind(2), "step,loss,accuracy,samples_per_second\n1,0.5,,10\n2,0.5,,10\n3,0.25,,10\n");
  EXPECT_EQ(continued_behind(0), "step,loss,accuracy,samples_per_second\n1,0.25,,10\n");
  std::remove(file.c_str());
  EXPECT_EQ(continued_behind(5), "step,loss,accuracy,samples_per_second\n6,0.25,,10\n") << "there is no file to be continued";
  std::remove(file.c_str());
}

// The run that wrote it died at any byte: what is whole is kept, and the record goes on as if nothing had happened.
TEST(RunRecord, CutAnywhereIsContinued) {
  const std::string file = testing::TempDir() + "cut_" + std::to_string(getpid()) + ".csv";
  const auto text_of = [&] {
    std::ifstream in(file);
    return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  };
  const std::vector<size_t> steps = {9, 10, 10, 11, 102};
  {
    RunRecord record(file);
    for (size_t step : steps) record.add(step, 0.5, -1, 10);
  }
  const std::string whole = text_of();
  for (size_t length = 0; length <= whole.size(); ++length) {
    const std::string kept = whole.substr(0, length);
    const size_t lines = size_t(std::count(kept.begin(), kept.end(), '\n'));
    std::ofstream(file) << kept;
    {
      RunRecord record(file, 102);
      for (size_t i = lines > 0 ? lines - 1 : 0; i < steps.size(); ++i) record.add(steps[i], 0.5, -1, 10);
    }
    ASSERT_EQ(text_of(), whole) << "cut at byte " << length;
  }
  std::remove(file.c_str());
}

TEST(RunRecord, WhatIsNoRecordIsNotContinued) {
  const std::string file = testing::TempDir() + "other_" + std::to_string(getpid()) + ".csv";
  for (const std::string text : {"trial,rung,epochs\n1,2,3\n", "step,loss\n1,2\n", "# notes\n", "no line"}) {
    std::ofstream(file) << text;
    EXPECT_EQ(error_of([&] { RunRecord(file, 5); }),
              file + ": cannot be continued, its first line is not step,loss,accuracy,samples_per_second");
    EXPECT_EQ(std::filesystem::file_size(file), text.size());
  }
  std::remove(file.c_str());
}

// A file that may grow and not shrink: what is behind the step would stay, and the record would go on behind it.
TEST(RunRecord, WhatCannotBeCutOffIsNotContinued) {
  const int sealed = memfd_create("record", MFD_ALLOW_SEALING);
  if (sealed < 0) GTEST_SKIP() << "skipped: no memfd_create on this system";
  const std::string file = "/proc/self/fd/" + std::to_string(sealed);
  {
    RunRecord record(file);
    for (size_t step : {1, 2, 3}) record.add(step, 0.5, -1, 10);
  }
  const size_t bytes = std::filesystem::file_size(file);
  ASSERT_EQ(fcntl(sealed, F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_EQ(error_of([&] { RunRecord(file, 2).add(3, 0.25, -1, 10); }), file + ": cannot write the log: Operation not permitted");
  EXPECT_EQ(std::filesystem::file_size(file), bytes);
  EXPECT_EQ(error_of([&] { RunRecord(file, 3).add(4, 0.25, -1, 10); }), "");  // nothing to cut off
  close(sealed);
}

TEST(RunRecord, UnwritableFilesAndFullDisksAreNamed) {
  EXPECT_EQ(error_of([] { RunRecord record("/no/such/folder/log.csv"); }),
            "/no/such/folder/log.csv: cannot write the log: No such file or directory");
  SKIP_WITHOUT_FULL_DISK();
  const FullDisk full;
  EXPECT_EQ(error_of([&] {
              RunRecord record(full.file());
              record.add(1, 1, 1, 1);
            }),
            full.file() + ": cannot write the log: No space left on device");
}

// ---- train_report.h ----

using data_sets::tiny_data;

double hand = 0;

// What work() prints on a terminal.
template <class Work>
std::string on_terminal(Work work) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  EXPECT_TRUE(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  const int screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  std::fflush(stdout);
  const int usual = dup(STDOUT_FILENO);
  dup2(screen, STDOUT_FILENO);
  const char* kind = std::getenv("TERM");
  const std::string before = kind ? kind : "";
  setenv("TERM", "xterm", 1);  // one that can draw a line again
  work();
  std::fflush(stdout);
  if (kind) setenv("TERM", before.c_str(), 1);
  else unsetenv("TERM");
  dup2(usual, STDOUT_FILENO);
  close(usual);
  close(screen);
  std::string text;
  char some[4096];
  for (ssize_t n; (n = read(terminal, some, sizeof some)) > 0;) text.append(some, size_t(n));
  close(terminal);
  return text;
}

TEST(TrainReport, ShowsHowFarTheRunIs) {
  const ClockOfTest by_hand([] { return hand; });
  TrainOptions o;
  o.batch = 30, o.epochs = 2;  // 2 batches of 40 samples: 4 steps
  const auto line = [&](size_t steps_before, bool quiet) {
    return on_terminal([&] {
      TrainReport report(o, tiny_data(40), quiet, steps_before);
      hand += 2;
      report.step(0.5, 30);
    });
  };
  EXPECT_TRUE(contains(line(0, false), "\r[======                  ]  25 %  loss 0.5000  15 samples/s  6 s left \033[K"));
  EXPECT_TRUE(contains(line(2, false), "\r[============            ]  50 %  loss 0.5000  15 samples/s  2 s left "));
  EXPECT_EQ(line(0, true), "");
}

// Else the rest of the line of progress would stand behind a shorter one.
TEST(TrainReport, WipesItsLineBeforeSomethingElseIsSaid) {
  const ClockOfTest by_hand([] { return hand; });
  TrainOptions o;
  o.batch = 30, o.epochs = 2;
  const auto behind_a_step = [&](auto then) {
    return on_terminal([&] {
      TrainReport report(o, tiny_data(40));
      hand += 2;
      report.step(0.5, 30);
      then(report);
    });
  };
  const std::string wiped = " s left \033[K\r\033[K", text = behind_a_step([](TrainReport& report) { report.epoch(0, 1, 2); });
  EXPECT_TRUE(contains(text, wiped + "epoch   1   loss 0.5000")) << text;
  const std::string failed = behind_a_step([](TrainReport& report) {
    EXPECT_NE(error_of([&] { report.step(NAN, 30); }), "");
    std::printf("an error");
  });
  EXPECT_TRUE(contains(failed, wiped + "an error")) << failed;
}

TEST(TrainReport, SaysWhatItDoes) {
  const ClockOfTest by_hand([] { return hand; });
  TrainOptions o;
  o.hidden = {7, 5}, o.batch = 30, o.optimizer.name = "adam", o.optimizer.learning_rate = 0.25, o.seed = 9, o.device = "late";
  const std::vector<float> weights = {1, 2};
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx", (unsigned long long)hash_bits(weights));
  const std::string begin = "4-7-5-3 on late: 40 samples, batch 30, adam, learning rate 0.25, seed 9\n";
  EXPECT_EQ(printed_by([&] { TrainReport(o, tiny_data(40)).end(weights); }), begin + "trained 0 steps in 0.0 s, 0 samples/s; weights " + hash + "\n");
  EXPECT_EQ(printed_by([&] {
              TrainReport report(o, tiny_data(40), false, 5);
              hand += 0.5;
              report.step(1, 30);
              report.end(weights);
            }),
            begin + "trained 1 steps in 0.5 s, 60 samples/s; weights " + hash + "\n");
  o.log = scratch_file("quiet.csv");
  EXPECT_EQ(printed_by([&] {
              TrainReport report(o, tiny_data(40), true);
              hand += 1;
              report.step(1, 30);
              report.epoch(0, 1, 2);
              report.end(weights);
              EXPECT_EQ(report.train_seconds(), 1);
            }),
            "");
  EXPECT_FALSE(file_is_there(o.log)) << "a quiet report writes no record";
  {
    o.log = "";
    TrainReport report(o, tiny_data(40));
    hand += 1;
    report.step(1, 30);
    EXPECT_TRUE(contains(written_by([&] { report.epoch(0, 1, 2); }), "epoch   1   loss 1.0000")) << "in a file, too, it is seen at once";
  }
  const auto error = [&](double loss) {
    try {
      TrainReport(o, tiny_data(40), true).step(loss, 30);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(error(NAN), "step 1: the loss is not a number: training diverged, try a smaller --learning-rate");
  EXPECT_EQ(error(INFINITY), "step 1: the loss is infinite: training diverged, try a smaller --learning-rate");
}

}  // namespace
