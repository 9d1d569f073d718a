// A rank waits for a message of its own. (Two ranks: for a job of one, the launcher of MPICH 4.0.2 sometimes reports 1
// instead of the status given to MPI_Abort.)
// ranks: 2
// expect: deadlock: rank 0 waits for itself
#include "tests/mpi_guard/planted.h"

void planted(int, int) {
  int value = 0;
  MPI_Recv(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Send(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
}
