// A rank that fails ends the job with its own error, whatever the others are doing and whatever its destructors would call.
#include <csignal>

#include "tests/failing_ranks.h"
#include "tests/nonsense.h"

// Destructors on the failing rank's stack that wait for others, or for requests: they must not run.
TEST(FailingRank, EndsTheJobPastDestructorsThatWait) {
  std::vector<Case> cases;
  int turn = 0;
  for (const char* kind : {"window", "collective", "request"})
    for (int ranks : {1, 3}) {
      const int rank = ranks == 1 ? 0 : turn++ % 3;
      cases.push_back({{"tests/mpi_guard/throws_past_destructors", kind, "fails", "weights.bin: cannot be read"}, rank, ranks});
    }
  // The job's status is that of the error.
  cases.push_back({{"tests/mpi_guard/throws_past_destructors", "status", "fails", "weights.bin: cannot be read", Failing::any, false, 1, 75}, 1, 3});
  expect_no_complaints(cases);
}

TEST(FailingRank, AllOfThemSayItOnceAndEndWithoutTheLauncher) {
  for (const char* kind : {"window", "request", "collective", "status"}) {
    const ProgramRun run = run_program("timeout 60 sh common/mpi/launch 3 " + build_folder() +
                                       "/tests/mpi_guard/throws_past_destructors " + kind + " fails");
    // Some MPIs have a word of their own on a request that is left over; nobody else has.
    EXPECT_EQ(times_in(run.output, "weights.bin: cannot be read\n"), 1) << run.output;
    EXPECT_TRUE(kind == std::string("request") || run.lines() == 1) << run.output;
    EXPECT_EQ(run.status, kind == std::string("status") ? 75 : 1) << kind;
  }
  // Where results go to a file, errors are seen all the same.
  const ProgramRun results = run_program("(timeout 60 sh common/mpi/launch 3 " + build_folder() + "/tests/mpi_guard/throws_past_destructors window fails 2>/dev/null)");
  EXPECT_EQ(results.output, "");
}

TEST(FailingRank, AnExceptionThatIsCaughtUnwindsAsUsual) {
  const std::string program = build_folder() + "/tests/mpi_guard/throws_past_destructors ";
  const ProgramRun run = run_program("timeout 60 sh common/mpi/launch 3 " + program + "collective caught");
  EXPECT_EQ(run.output, "") << run.output;
  EXPECT_EQ(run.status, 0);
  // Without an exception a program's status is what its body returns.
  EXPECT_EQ(run_program("timeout 60 sh common/mpi/launch 2 " + program + "window returns").status, 7);
}

// As where a call of CUDA fails: the others, which wait for it, end with it.
TEST(FailingRank, ThatEndsItsProgramEndsTheJob) {
  const ProgramRun run = run_program(with_one_failing({"tests/mpi_guard/throws_past_destructors", "window", "ends", ""}, 1, 3));
  EXPECT_EQ(run.status, 76) << run.output;
  EXPECT_EQ(run.output.find("guard:"), std::string::npos) << run.output;
}

// All have failed and are in MPI_Finalize, which does not come back: after a while they leave without it, with the same status. After
// the session an error is one of a program without MPI: nobody is asked, nothing is called that is closed.
TEST(FailingRank, AnEndThatHangsAndAnErrorBehindTheEnd) {
  const std::string program = "timeout 60 " + build_folder() + "/tests/mpi_guard/ends_late ";
  const ProgramRun hangs = run_program(program + "hangs"), ends = run_program(program + "ends"), throws = run_program(program + "throws");
  EXPECT_EQ(hangs.status, 75) << hangs.output;
  EXPECT_EQ(hangs.output, "weights.bin: cannot be read\n");
  EXPECT_EQ(ends.status, 76) << ends.output;
  EXPECT_EQ(ends.output, "");
  EXPECT_EQ(throws.status, 128 + SIGABRT) << throws.output;
  EXPECT_EQ(throws.output.find("too late"), std::string::npos) << throws.output;
}

// Programs are found; only those over MPI that take options can fail so.
TEST(FailingRank, EveryProgramIsInTheList) {
  std::set<std::string> listed = {"chapters/12_restart/checkpoint"};  // its words are no options: nonsense.h asks it
  for (const Failing& failing : all_failing()) listed.insert(failing.program);
  size_t over_mpi = 0;
  for (const std::string& program : nonsense::all_programs()) {
    if (program < "chapters/04" || program.starts_with("chapters/13")) continue;
    ++over_mpi;
    EXPECT_TRUE(listed.contains(program)) << program;
  }
  EXPECT_GT(over_mpi, 0u);
}

TEST(FailingRank, IsHeardInEveryProgram) {
  std::vector<Case> cases;
  int turn = 0;
  for (const Failing& failing : all_failing())
    if (failing.quick) cases.push_back({failing, failing.ranks == Failing::first ? 0 : turn++ % 3, 3});
  expect_no_complaints(cases);
}
