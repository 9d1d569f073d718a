// What tests/run says of a program, from what GoogleTest wrote and how the program ended. The programs here are scripts.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

// What tests/run prints of a program that does `script`, without the times. The build that runs this test may have left out something
// itself: that is not asked about.
ProgramRun run_of(const std::string& script, const std::string& left_out = "") {
  const std::string program = testing::TempDir() + "said_" + std::to_string(getpid());
  std::ofstream(program) << "#!/bin/sh\n" << script;
  fs::permissions(program, fs::perms(0755));
  const ProgramRun run = run_program("LEFT_OUT='" + left_out + "' sh tests/run " + program + " >" + program + ".out; status=$?; sed 's/ *[0-9]*[.][0-9]* s$//' " + program +
                                     ".out; exit $status");
  fs::remove(program), fs::remove(program + ".out");
  std::string said = run.output;
  if (const size_t at = said.find(fs::path(program).filename()); at != std::string::npos)
    said.replace(at, fs::path(program).filename().string().size(), "program");
  for (size_t at; (at = said.find("   ")) != std::string::npos;) said.erase(at, 1);
  return {.status = run.status, .output = said};
}

std::string writes(const std::string& cases) {
  return "cat >\"${GTEST_OUTPUT#xml:}\" <<'END'\n<testsuites>\n" + cases + "</testsuites>\nEND\n";
}

const std::string passes = "<testcase name=\"A\" status=\"run\" classname=\"T\" />\n";
const std::string fails = "<testcase name=\"B\" status=\"run\" classname=\"T\">\n<failure message=\"no\"></failure>\n</testcase>\n";
const std::string skips = "<testcase name=\"C\" status=\"run\" classname=\"T\">\n<skipped message=\"tests/t.cpp:34&#x0A;skipped: no Slurm: &lt;no&gt; root &amp; "
                          "no&#x0A;daemon&#x0A;\"><![CDATA[x]]></skipped>\n</testcase>\n";

TEST(Runner, CountsAndGivesTheWholeReasonOfASkip) {
  const ProgramRun run = run_of(writes(passes + passes + skips));
  EXPECT_EQ(run.output, "ok  program  2 passed, 1 skipped\n  SKIPPED T.C: skipped: no Slurm: <no> root & no daemon\n2 passed, 0 failed, 1 skipped\n");
  EXPECT_EQ(run.status, 0);
}

TEST(Runner, CountsWhatTheBuildLeftOut) {
  EXPECT_EQ(run_of(writes(passes), "chapter 99: skipped: no ship").output,
            "  SKIPPED chapter 99: skipped: no ship\nok  program  1 passed\n1 passed, 0 failed, 1 skipped\n");
  EXPECT_EQ(run_of(writes(passes + skips), "one: skipped: a | two: skipped: b | three: skipped: c").output,
            "  SKIPPED one: skipped: a\n  SKIPPED two: skipped: b\n  SKIPPED three: skipped: c\nok  program  1 passed, 1 skipped\n"
            "  SKIPPED T.C: skipped: no Slurm: <no> root & no daemon\n1 passed, 0 failed, 4 skipped\n");
}

TEST(Runner, ShowsAllThatAFailedProgramSaid) {
  const ProgramRun run = run_of("echo why\n" + writes(passes + fails) + "exit 1\n");
  EXPECT_EQ(run.output, "FAILED  program  1 passed, 1 failed\n  | why\n1 passed, 1 failed, 0 skipped\n");
  EXPECT_EQ(run.status, 1);
}

TEST(Runner, AProgramThatCrashedOrRanNothingIsOneFailure) {
  EXPECT_EQ(run_of("kill -SEGV $$\n").output, "FAILED  program  0 passed, 1 failed\n  = segmentation fault\n0 passed, 1 failed, 0 skipped\n");
  EXPECT_EQ(run_of(writes(passes) + "exit 1\n").output, "FAILED  program  1 passed, 1 failed\n  = exit status 1, though no test says why\n1 passed, 1 failed, 0 skipped\n");
  EXPECT_EQ(run_of(writes("")).output, "FAILED  program  0 passed, 1 failed\n  = it ran no test\n0 passed, 1 failed, 0 skipped\n");
}

}  // namespace
