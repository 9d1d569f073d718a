// Every program, every place, the first, a middle and the last rank, and a rank that is alone: see failing_ranks.h.
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/failing_ranks.h"
#include "tests/nonsense.h"

TEST(FailingRankLong, IsHeardAtEveryPlaceOfEveryProgram) {
  std::vector<Case> cases;
  for (const Failing& failing : all_failing())
    for (int rank : {0, 1, 2})
      if (rank == 0 || failing.ranks == Failing::any) cases.push_back({failing, rank, 3});
  expect_no_complaints(cases);
}

TEST(FailingRankLong, IsHeardWhereItIsAlone) {
  std::vector<Case> cases;
  for (const Failing& failing : all_failing())
    if (failing.fewest == 1) cases.push_back({failing, 0, 1});
  expect_no_complaints(cases);
}

// All ranks meet the same nonsense: one line, not three.
TEST(NonsenseLong, IsRefusedInOneLineByAllRanksTogether) {
  std::vector<nonsense::Case> cases = nonsense::all_cases();
  std::erase_if(cases, [](const nonsense::Case& c) { return c.program < "chapters/04" || c.program.starts_with("chapters/13"); });
  nonsense::expect_one_line(cases, 3);
}

// Two nodes whose hosts cannot reach each other: rank 0 waits for the other one for a while, says so, and the run goes on.
TEST(NodesLong, ThatCannotMeetSaySoAndGoOn) {
  const std::string launcher = std::getenv("MPIEXEC") ? std::getenv("MPIEXEC") : "mpiexec.hydra";
  if (launcher.find("-launcher") != std::string::npos || run_program(launcher + " --version").output.find("HYDRA") == std::string::npos)
    GTEST_SKIP() << "skipped: MPICH's launcher alone can start processes here under another host's name";
  const std::string library = testing::TempDir() + "no_way_" + std::to_string(getpid());
  std::ofstream(library + ".c") << "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <errno.h>\n#include <sys/socket.h>\n"
                                   "int connect(int file, const struct sockaddr* to, socklen_t bytes) {\n"
                                   "  if (to->sa_family == AF_INET6) return errno = EHOSTUNREACH, -1;\n"
                                   "  int (*real)(int, const struct sockaddr*, socklen_t) = dlsym(RTLD_NEXT, \"connect\");\n"
                                   "  return real(file, to, bytes);\n}\n";
  const ProgramRun made = run_program("cc -shared -fPIC -o " + library + ".so " + library + ".c");
  ASSERT_EQ(made.status, 0) << made.output;
  const std::string two_nodes = launcher + " -launcher fork -hosts localhost:1,127.0.0.1:1 -n 2";
  const ProgramRun run = run_program("timeout 60 " + two_nodes + " env LD_PRELOAD=" + library + ".so " + build_folder() +
                                     "/tests/mpi_guard/leaves_early");
  run_program("rm -f " + library + ".c " + library + ".so");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_EQ(run.output, "guard: 1 of 1 other nodes could not reach this one over TCP: the watchdog is off\n");
}
