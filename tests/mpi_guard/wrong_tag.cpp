// The receiver asks for another tag than the sender uses.
// ranks: 2
// expect: rank 0: MPI_Recv from rank 1, tag 5
// expect: mismatch: rank 0 waits for tag 5 from rank 1, whose last send to it was with tag 7 (tests/mpi_guard/wrong_tag.cpp:
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int value = 0;
  if (rank == 1) MPI_Send(&value, 1, MPI_INT, 0, 7, MPI_COMM_WORLD);
  if (rank == 0) MPI_Recv(&value, 1, MPI_INT, 1, 5, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}
