// Nothing is wrong: the machine is so busy that whoever gives its core away has it back three timer periods later.
// ranks: 4
// status: 0
#include <sched.h>
#include <time.h>

#include "tests/mpi_guard/planted.h"

extern "C" int sched_yield() noexcept {
  const timespec others{0, 300'000};
  return nanosleep(&others, nullptr);
}

void planted(int, int) {
  MPI_Comm other;
  MPI_Comm_dup(MPI_COMM_WORLD, &other);
  MPI_Barrier(other);
  MPI_Comm_free(&other);
}
