// A task wants messages between neighbours only (GUARD_FORBIDS=strangers).
// ranks: 3
// expect: forbidden: rank 0 calls MPI_Send with rank 2: the task wants messages between neighbours only
// never: with rank 1
#include "tests/mpi_guard/planted.h"

#include <cstdlib>

void planted(int rank, int) {
  setenv("GUARD_FORBIDS", "strangers", 1);
  int number = rank;
  const int above = rank < 2 ? rank + 1 : MPI_PROC_NULL, below = rank > 0 ? rank - 1 : MPI_PROC_NULL;
  MPI_Sendrecv(&rank, 1, MPI_INT, above, 0, &number, 1, MPI_INT, below, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  if (rank == 0) MPI_Send(&rank, 1, MPI_INT, 2, 0, MPI_COMM_WORLD);
  if (rank == 2) MPI_Recv(&number, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}
