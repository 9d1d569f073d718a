// Two collectives in another order; the first one does not even wait on the rank that is wrong.
// ranks: 2
// expect: mismatch: collective number 2 on MPI_COMM_WORLD is not the same call on all ranks
// expect: rank 0: MPI_Bcast
// expect: rank 1: MPI_Reduce
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int value = 1, sum = 0;
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) MPI_Bcast(&value, 1, MPI_INT, 0, MPI_COMM_WORLD);
  MPI_Reduce(&value, &sum, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank == 1) MPI_Bcast(&value, 1, MPI_INT, 0, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
}
