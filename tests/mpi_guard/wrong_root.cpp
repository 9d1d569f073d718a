// There is no such root, and errors are fatal: MPI's own message names the call in the program.
// ranks: 2
// status: not 0
// mpich: MPI_Bcast(
// open mpi: An error occurred in MPI_Bcast
// open mpi: Fatal error in MPI_Bcast:
// expect: nvalid root
// never: MPI_Ibcast
#include "tests/mpi_guard/planted.h"

void planted(int, int) {
  float x = 0;
  MPI_Bcast(&x, 1, MPI_FLOAT, 7, MPI_COMM_WORLD);
}
