// The programs of chapter 14 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "tests/data_sets.h"
#include "tests/program.h"

namespace {

// These programs are MPI jobs of their own, whatever job this test may be part of.
ProgramRun launch(int ranks, const std::string& command, const std::string& environment = "") {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + environment + " sh common/mpi/launch " +
                     std::to_string(ranks) + " " + build_folder() + "/chapters/14_search/" + command);
}

bool says(const ProgramRun& run, const std::string& text) {
  return run.output.find(text) != std::string::npos;
}

TEST(SearchProgram, GoesOnWhereItEnded) {
  const std::string log = build_folder() + "/search_test.csv";
  const std::string command = "search --train-samples 512 --trials 6 --rungs 2 --log " + log;
  const ProgramRun whole = launch(2, command);
  EXPECT_EQ(whole.status, 0) << whole.output;
  const size_t at = whole.output.find("the most suitable");
  ASSERT_NE(at, std::string::npos) << whole.output;

  // The process died in its fourth line: three results are left.
  std::ifstream in(log);
  std::string text, line;
  for (int i = 0; i < 4 && std::getline(in, line); ++i) text += line + "\n";
  std::ofstream(log) << text << "3,0,1,0.0";
  const ProgramRun rest = launch(2, command + " --resume");
  EXPECT_EQ(rest.status, 0) << rest.output;
  EXPECT_TRUE(says(rest, "3 results of")) << rest.output;
  EXPECT_TRUE(says(rest, whole.output.substr(at))) << rest.output << "\nexpected:\n"
                                                   << whole.output.substr(at);
  // The record is whole again: everything is kept, nothing is left to do.
  const ProgramRun again = launch(2, command + " --resume");
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(says(again, whole.output.substr(at))) << again.output;
  for (const char* other : {" --rungs 1", " --first-epochs 2", " --eta 3", " --seed 2"}) {
    const ProgramRun run = launch(2, command + " --resume" + other);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_TRUE(says(run, "belongs to another search")) << other << "\n" << run.output;
  }
  std::remove(log.c_str());
}

// The same trials by teams of two: a winner, and the lines that say who did what.
TEST(SearchProgram, ATrialMayHaveSeveralRanks) {
  const ProgramRun run = launch(5, "search --train-samples 512 --trials 4 --rungs 2 --pipeline 2");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(says(run, "2 teams of 2 ranks: a trial is a grid of 1 x 2 x 1")) << run.output;
  EXPECT_TRUE(says(run, "team 2: ")) << run.output;
  EXPECT_TRUE(says(run, "the most suitable")) << run.output;
}

// Of 480 images a sixth is for validation; too few is one line.
TEST(SearchProgram, AnyDataSetIsSearched) {
  for (const data_sets::Half& train : {data_sets::Half{480, 7, 5, 13}, data_sets::Half{480, 4, 9, 3}}) {
    const data_sets::DataSet data(train, {40, train.height, train.width, train.classes});
    const std::string command = "search --trials 2 --rungs 1 --data " + data.folder;
    const ProgramRun run = launch(2, command);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(says(run, "the most suitable")) << run.output;
    const ProgramRun more = launch(2, command + " --train-samples 401");
    EXPECT_EQ(more.status, 1) << more.output;
    EXPECT_EQ(more.lines(), 1u) << more.output;
    EXPECT_TRUE(says(more, "--train-samples: 401, expected 256 to the 400 of ")) << more.output;
  }
  const data_sets::DataSet data({480, 7, 5, 13}, {40, 9, 5, 13});
  const ProgramRun run = launch(2, "search --data " + data.folder);
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_EQ(run.lines(), 1u) << run.output;
}

TEST(SearchProgram, WrongUseGivesALineAndAStatus) {
  const ProgramRun alone = launch(1, "search");
  EXPECT_EQ(alone.status, 1) << alone.output;
  EXPECT_TRUE(says(alone, "two ranks")) << alone.output;
  EXPECT_EQ(launch(2, "search --resume").status, 1);
  const ProgramRun rest = launch(3, "search --tensor 3");
  EXPECT_EQ(rest.status, 1) << rest.output;
  EXPECT_TRUE(says(rest, "cannot be cut into teams of 3")) << rest.output;
}

}  // namespace
