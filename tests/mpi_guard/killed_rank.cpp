// One rank is killed from outside while the others wait for it.
// ranks: 4
// status: not 0
// expect: has ended without MPI_Finalize; it was outside MPI
// expect: guard: rank 2 (process
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  const char* const killed = std::getenv("KILLED_RANK");
  if (rank == (killed ? std::atoi(killed) : 2)) dprintf(2, "the victim is process %d\n", int(getpid())), raise(SIGKILL);
  MPI_Barrier(MPI_COMM_WORLD);
}
