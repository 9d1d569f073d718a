// One rank does not take part in a barrier: it is already done.
// ranks: 4
// expect: rank 2: MPI_Finalize: it has nothing more to do
// expect: missing: collective number 2 on MPI_COMM_WORLD waits for rank 2
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank != 2) MPI_Barrier(MPI_COMM_WORLD);
}
