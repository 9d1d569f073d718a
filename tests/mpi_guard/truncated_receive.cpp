// A message is longer than its receive, and errors are fatal: the message names the call in the program.
// ranks: 2
// status: not 0
// mpich: MPI_Recv(
// open mpi: An error occurred in MPI_Recv
// open mpi: Fatal error in MPI_Recv:
// expect: runcated
// never: MPI_Test
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  float x[20] = {};
  if (rank == 0) MPI_Send(x, 20, MPI_FLOAT, 1, 7, MPI_COMM_WORLD);
  if (rank == 1) MPI_Recv(x, 10, MPI_FLOAT, 0, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Barrier(MPI_COMM_WORLD);
}
