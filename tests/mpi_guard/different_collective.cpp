// One rank calls another collective than the others. All of them receive first, so they wait whatever MPI's algorithms are.
// ranks: 3
// expect: mismatch: collective number 1 on MPI_COMM_WORLD is not the same call on all ranks
// expect: rank 0: MPI_Reduce (tests/mpi_guard/different_collective.cpp:
// expect: ranks 1, 2: MPI_Bcast (tests/mpi_guard/different_collective.cpp:
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int value = 1, sum = 0;
  if (rank == 0) MPI_Reduce(&value, &sum, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank != 0) MPI_Bcast(&value, 1, MPI_INT, 0, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
}
