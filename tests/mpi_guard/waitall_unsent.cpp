// All receives are posted, but one message is never sent.
// ranks: 3
// expect: rank 0: MPI_Waitall on
// expect: MPI_Irecv from rank 2, tag 0, MPI_COMM_WORLD, 1 x MPI_INT
// expect: rank 0 waits for rank 2
#include "tests/mpi_guard/planted.h"

void planted(int rank, int size) {
  int values[8] = {};
  MPI_Request requests[8];
  if (rank == 0) {
    for (int other = 1; other < size; other++)
      MPI_Irecv(&values[other], 1, MPI_INT, other, 0, MPI_COMM_WORLD, &requests[other - 1]);
    MPI_Waitall(size - 1, requests, MPI_STATUSES_IGNORE);
  }
  if (rank == 1) MPI_Send(&rank, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
}
