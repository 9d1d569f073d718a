// Two ranks send to each other synchronously.
// ranks: 2
// expect: rank 1: MPI_Ssend to rank 0, tag 4
// expect: deadlock: rank 0 waits for rank 1, rank 1 waits for rank 0. Each of them sends before it receives
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int mine = rank, theirs = 0;
  MPI_Ssend(&mine, 1, MPI_INT, 1 - rank, 4, MPI_COMM_WORLD);
  MPI_Recv(&theirs, 1, MPI_INT, 1 - rank, 4, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}
