// The root broadcasts more than the others expect, and errors are fatal.
// ranks: 2
// status: not 0
// mpich: MPI_Bcast(
// open mpi: An error occurred in MPI_Bcast
// open mpi: Fatal error in MPI_Bcast:
// expect: runcated
// never: MPI_Test
// never: nvalid communicator
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  float x[20] = {};
  MPI_Bcast(x, rank == 0 ? 20 : 10, MPI_FLOAT, 0, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
}
