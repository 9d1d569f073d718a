// A probe for a message that nobody sends.
// ranks: 3
// expect: rank 1: MPI_Probe from rank 0, tag 9
// expect: rank 1 waits for rank 0
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  if (rank == 1) MPI_Probe(0, 9, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Barrier(MPI_COMM_WORLD);
}
