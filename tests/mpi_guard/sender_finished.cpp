// A receive from a rank that has ended its work.
// ranks: 3
// expect: finished: rank 0 waits for rank 1, which is already in MPI_Finalize
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int value = 0;
  if (rank == 0) MPI_Recv(&value, 1, MPI_INT, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}
