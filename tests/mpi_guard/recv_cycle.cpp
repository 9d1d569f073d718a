// Every rank receives before it sends.
// ranks: 4
// expect: rank 0: MPI_Recv from rank 3, tag 0, MPI_COMM_WORLD, 1 x MPI_INT, at tests/mpi_guard/recv_cycle.cpp:
// expect: deadlock: rank 0 waits for rank 3, rank 3 waits for rank 2, rank 2 waits for rank 1, rank 1 waits for rank 0
// expect: Each of them receives before it sends
#include "tests/mpi_guard/planted.h"

void planted(int rank, int size) {
  int token = rank;
  MPI_Recv(&token, 1, MPI_INT, (rank + size - 1) % size, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Send(&token, 1, MPI_INT, (rank + 1) % size, 0, MPI_COMM_WORLD);
}
