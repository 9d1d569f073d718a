// A message that nobody receives: a task's judge wants to know (GUARD_LEFTOVERS).
// ranks: 3
// expect: unreceived: rank 2: a message from rank 1 with tag 7 was never received
// once: unreceived: rank 0: all ranks together sent 1 more messages than they received
// never: unfinished
#include "tests/mpi_guard/planted.h"

#include <cstdlib>

void planted(int rank, int) {
  setenv("GUARD_LEFTOVERS", "1", 1);
  int value = 0;
  if (rank == 1) MPI_Send(&value, 1, MPI_INT, 2, 7, MPI_COMM_WORLD);
}
