// The message travels on another communicator than the one it is awaited on.
// ranks: 2
// expect: rank 0: MPI_Recv from rank 1, tag 0, pairs, 1 x MPI_INT
// expect: mismatch: rank 0 waits for tag 0 from rank 1, whose last send to it was on another communicator
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  MPI_Comm pairs;
  MPI_Comm_dup(MPI_COMM_WORLD, &pairs);
  MPI_Comm_set_name(pairs, "pairs");
  int value = 0;
  if (rank == 1) MPI_Send(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
  if (rank == 0) MPI_Recv(&value, 1, MPI_INT, 1, 0, pairs, MPI_STATUS_IGNORE);
  MPI_Barrier(pairs);
}
