// One rank waits for a message that the other would send after a barrier.
// ranks: 2
// expect: deadlock: rank 0 waits for rank 1, rank 1 waits for rank 0
// expect: missing: collective number 1 on MPI_COMM_WORLD waits for rank 0
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int value = 0;
  if (rank == 0) MPI_Recv(&value, 1, MPI_INT, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 1) MPI_Send(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
}
