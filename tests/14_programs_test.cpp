// The programs of chapter 14 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

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
