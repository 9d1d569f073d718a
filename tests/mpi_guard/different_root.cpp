// The ranks do not agree on who collects the sum.
// ranks: 3
// expect: mismatch: collective number 1 on MPI_COMM_WORLD has different roots
// expect: rank 0: MPI_Reduce with root 0 (tests/mpi_guard/different_root.cpp:
// expect: ranks 1, 2: MPI_Reduce with root 1 (tests/mpi_guard/different_root.cpp:
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int value = 1, sum = 0;
  MPI_Reduce(&value, &sum, 1, MPI_INT, MPI_SUM, rank == 0 ? 0 : 1, MPI_COMM_WORLD);
}
