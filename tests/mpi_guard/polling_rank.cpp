// Nothing is wrong: one rank polls for a message that takes its time.
// ranks: 2
// status: 0
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int value = 0, done = 0;
  MPI_Request request;
  if (rank == 1) {
    compute_for(1.5);
    MPI_Send(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
    return;
  }
  MPI_Irecv(&value, 1, MPI_INT, 1, 0, MPI_COMM_WORLD, &request);
  while (!done) MPI_Test(&request, &done, MPI_STATUS_IGNORE);
}
