// The manager waits for one more result than there are workers.
// ranks: 3
// expect: rank 0: MPI_Recv from any rank, any tag
// expect: rank 0 would take a message from any rank, but no rank can send
#include "tests/mpi_guard/planted.h"

void planted(int rank, int size) {
  int value = 0;
  if (rank != 0) MPI_Send(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
  if (rank == 0)
    for (int i = 0; i < size; i++)
      MPI_Recv(&value, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}
