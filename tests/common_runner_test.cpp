// What tests/run says of a program, from what GoogleTest wrote and how the program ended. The programs here are scripts.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

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

// How a program ended, in words; and the time that it has.
TEST(Runner, SaysHowAProgramEnded) {
  const auto ends = [](const std::string& script, const std::string& words) {
    EXPECT_EQ(run_of(script).output, "FAILED  program  0 passed, 1 failed\n  = " + words + "\n0 passed, 1 failed, 0 skipped\n");
  };
  ends("exit 86\n", "exit status 86: MPI stood still or lost a rank; the lines that begin with 'guard:' say where");
  ends("kill -ABRT $$\n", "aborted (a C++ exception, an assert, or MPI_Abort)");
  ends("exit 3\n", "exit status 3");
  setenv("TEST_TIMEOUT", "1", 1);
  ends("exec sleep 100\n", "no end within 1 s (TEST_TIMEOUT). Look for: a rank that left the test early while others wait (use ASSERT_ON_ALL_RANKS), a receive "
                           "without its send, a loop that polls for ever");
  unsetenv("TEST_TIMEOUT");
}

// Scripts behind `--` count themselves in their last line; one that does not, or whose status says otherwise, has failed.
TEST(Runner, AddsWhatScriptsCount) {
  const std::string script = testing::TempDir() + "counts_" + std::to_string(getpid());
  const auto run = [&](const std::string& text) {
    std::ofstream(script) << text;
    return run_program("LEFT_OUT= sh tests/run -- " + script + " " + script);
  };
  const ProgramRun good = run("echo words\necho '2 passed, 0 failed, 1 skipped'\n"), bad = run("echo '2 passed, 3 failed, 1 skipped'\nexit 1\n"),
                   lies = run("echo '2 passed, 0 failed, 0 skipped'\nexit 1\n"), silent = run("echo words\n");
  fs::remove(script);
  EXPECT_EQ(good.output, "words\n2 passed, 0 failed, 1 skipped\nwords\n2 passed, 0 failed, 1 skipped\n4 passed, 0 failed, 2 skipped\n");
  EXPECT_EQ(good.status, 0);
  EXPECT_TRUE(bad.output.ends_with("\n4 passed, 6 failed, 2 skipped\n") && bad.status == 1) << bad.output;
  EXPECT_TRUE(lies.output.ends_with("\n4 passed, 2 failed, 0 skipped\n") && lies.status == 1) << lies.output;
  const std::string words = "words\n    = " + script + " ended without a count\n";
  EXPECT_EQ(silent.output, words + words + "0 passed, 2 failed, 0 skipped\n");
  EXPECT_EQ(silent.status, 1);
}

// A copy of the runner with sources beside it. Its launcher starts one process, and each program says for how many, and how they are to wait.
class RunnerOfRanks : public testing::Test {
 protected:
  RunnerOfRanks() {
    run_program("mkdir -p " + root + "/tests " + root + "/common/mpi; cp tests/run " + root + "/tests; cp common/scratch " + root + "/common");
    std::ofstream(root + "/common/cores") << "echo ${CORES:-2}\n";
    std::ofstream(root + "/common/mpi/launch") << "#!/bin/sh\nexport RANKS=$1\nshift\nexec \"$@\"\n";
    fs::permissions(root + "/common/mpi/launch", fs::perms(0755));
    for (const auto& [name, source] : {std::pair{"many", "// What it is.\n// ranks: 1 3\n// more ranks: 2 7\n"}, {"few", "// ranks: 5\n"}, {"one", ""},
                                       {"own", "// ranks: 6\nGUARD_WAIT"}, {"starts", "sh common/mpi/launch 3"},
                                       {"kernels", "// orders: ascending shuffled\n// more orders: descending\n"}}) {
      std::ofstream(root + "/tests/" + name + "_test" + (name == std::string("kernels") ? ".cu" : ".cpp")) << source;
      std::ofstream(root + "/" + name + "_test") << "#!/bin/sh\necho \"${RANKS:-none} ${GUARD_WAIT-as ever}${ORDERED:+ ${CUDA_ON_CPU_ORDER:-any order}}\" >>" << root
                                                 << "/said\n[ -z \"${MEETS:-}\" ] || . " << root << "/meets\n" << writes(passes);
      fs::permissions(root + "/" + name + "_test", fs::perms(0755));
    }
  }
  ~RunnerOfRanks() override { fs::remove_all(root); }
  // What the programs said, one line each, sorted.
  std::string said(const std::string& setting, const std::vector<std::string>& names = {"many", "few", "one", "own"}) {
    std::string command = "rm -f " + root + "/said; env -u TEST_RANKS -u LONG -u GUARD_WAIT -u CUDA -u CUDA_ON_CPU_ORDER LEFT_OUT= " + setting + " sh " + root + "/tests/run";
    for (const std::string& name : names) command += " " + root + "/" + name + "_test";
    const ProgramRun run = run_program(command);
    EXPECT_EQ(run.status, 0) << run.output;
    return run_program("sort " + root + "/said | tr '\\n' ','").output;
  }
  const std::string root = testing::TempDir() + "ranks_" + std::to_string(getpid());
};

TEST_F(RunnerOfRanks, StartsATestOnItsRanksAndInTestLongOnMore) {
  EXPECT_EQ(said("TEST_LANES=1"), "1 as ever,3 as ever,5 as ever,6 as ever,none as ever,");
  EXPECT_EQ(said("TEST_LANES=1 LONG=yes"), "1 as ever,2 as ever,3 as ever,5 as ever,6 as ever,7 as ever,none as ever,");
  EXPECT_EQ(said("TEST_LANES=1 LONG=yes TEST_RANKS='2 4'"), "2 as ever,2 as ever,2 as ever,4 as ever,4 as ever,4 as ever,none as ever,");
}

// Where kernels run on the CPU, and nobody has chosen an order.
TEST_F(RunnerOfRanks, RunsKernelsInEachOrder) {
  const auto orders = [&](const std::string& setting) { return said("TEST_LANES=1 ORDERED=yes " + setting, {"kernels"}); };
  EXPECT_EQ(orders("CUDA=cpu"), "none as ever ascending,none as ever shuffled,");
  EXPECT_EQ(orders("CUDA=cpu LONG=yes"), "none as ever ascending,none as ever descending,none as ever shuffled,");
  EXPECT_EQ(orders("CUDA=gpu"), "none as ever any order,");
  EXPECT_EQ(orders("CUDA=cpu CUDA_ON_CPU_ORDER=descending"), "none as ever descending,");
}

TEST_F(RunnerOfRanks, LetsRanksWaitPolitelyWhereTheyAreMoreThanTheirCores) {
  EXPECT_EQ(said("CORES=2"), "1 as ever,3 polite,5 polite,6 as ever,none polite,");
  EXPECT_EQ(said("CORES=3"), "1 as ever,3 as ever,5 polite,6 as ever,none polite,");
  EXPECT_EQ(said("CORES=4 TEST_LANES=2"), "1 as ever,3 as ever,5 polite,6 as ever,none as ever,");
  EXPECT_EQ(said("CORES=2 GUARD_WAIT=plain"), "1 plain,3 plain,5 plain,6 plain,none plain,");
}

// With three lanes on three cores: 5 and 3 ranks take all three, 2 two, a program without ranks one, even one that starts some. Each adds its
// lanes to those that are taken and says so if they are more than three; those without ranks wait until they have met.
// The second time each holds its lanes for a while, which makes a meeting likely where one is not to be.
TEST_F(RunnerOfRanks, ARunTakesAsManyLanesAsItHasRanksAtMostAll) {
  std::ofstream(root + "/meets") << "cd " << root << "\ncase $0:${RANKS:-} in *few*|*many*[37]) lanes=3 ;; *many*2) lanes=2 ;; *) lanes=1 ;; esac\n"
                                 << "i=0; while [ $((i += 1)) -le $lanes ]; do : >lane.$$.$i; done\n"
                                 << "[ $(ls lane.* | wc -l) -le 3 ] || echo too many at a time >>said\n"
                                 << "case $0 in *starts*) mine=starts other=one ;; *one_test) mine=one other=starts ;; *) mine= ;; esac; [ -z \"${HOLD:-}\" ] || sleep 0.1\n"
                                 << "if [ -n \"$mine\" ]; then : >$mine.is_here; i=0; until [ -e $other.is_here ] || [ $((i += 1)) -gt 200 ]; do sleep 0.05; done\n"
                                 << "[ $i -le 200 ] || echo alone >>said; fi\nrm lane.$$.*\n";
  EXPECT_EQ(said("MEETS=yes CORES=3 TEST_LANES=3", {"few", "starts", "many", "one"}), "1 as ever,3 as ever,5 polite,none polite,none polite,");
  EXPECT_EQ(said("MEETS=yes HOLD=yes CORES=3 TEST_LANES=3 TEST_RANKS='2 2 3'", {"many"}), "2 as ever,2 as ever,3 as ever,");
}

// A result is shown when it is there: the short run's first, though it stands behind.
TEST_F(RunnerOfRanks, ShowsEachResultWhenItIsThere) {
  std::ofstream(root + "/meets") << "case $0 in *starts*) i=0; until [ -e " << root << "/shown ] || [ $((i += 1)) -gt 200 ]; do sleep 0.05; done ;; esac\n";
  const ProgramRun run = run_program("env -u TEST_RANKS -u LONG -u GUARD_WAIT MEETS=yes LEFT_OUT= CORES=4 TEST_LANES=2 sh " + root + "/tests/run " + root + "/starts_test " + root +
                                     "/one_test | while read -r verdict name rest; do echo \"$verdict $name\"; : >" + root + "/shown; done");
  EXPECT_EQ(run.output, "ok one_test\nok starts_test\n2 passed,\n");
}

}  // namespace
