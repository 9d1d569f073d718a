// A rank is killed while it waits in MPI: its witness says in which call.
// ranks: 2
// status: not 0
// expect: guard: rank 1 (process
// expect: has ended without MPI_Finalize; it was in MPI_Recv
#include <signal.h>
#include <sys/time.h>

#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  const itimerval soon{{0, 0}, {0, 200'000}};
  signal(SIGALRM, SIG_DFL);
  if (rank == 1) setitimer(ITIMER_REAL, &soon, nullptr);
  int value = 0;
  MPI_Recv(&value, 1, MPI_INT, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}
