// What comes when a session is at its end (common_failing_ranks_test runs it). Arguments:
//   hangs   all ranks fail, and MPI_Finalize does not come back: the five seconds that it gets are a hundredth of one here
//   throws  fails after its session has ended
//   ends    the same, by end_program
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "common/end_program.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {
bool hangs = false;

struct TryAgain : Error {
  using Error::Error;
  int status() const override { return 75; }
};
}  // namespace

// These two stand in front of MPI's and the system's. Nothing of MPI is closed: the program is started without a launcher.
extern "C" int PMPI_Finalize() {
  while (hangs) pause();
  return MPI_SUCCESS;
}
extern "C" unsigned alarm(unsigned seconds) noexcept {
  const itimerval soon{{0, 0}, {0, seconds == 5 ? 10'000 : 0}};
  setitimer(ITIMER_REAL, &soon, nullptr);
  return 0;
}

int main(int argc, char** argv) {
  const std::string what = argv[1];
  {
    MpiSession mpi(argc, argv);
    hangs = what == "hangs";
    if (hangs) throw TryAgain("weights.bin: cannot be read");
  }
  if (what == "ends") end_program(76);
  throw TryAgain("too late");
}
