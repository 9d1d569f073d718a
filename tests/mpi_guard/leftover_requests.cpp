// Everything arrives, but nobody waits for the requests: a task's judge wants to know (GUARD_LEFTOVERS).
// ranks: 2
// expect: unfinished: rank 0: MPI_Isend to rank 1, tag
// expect: unfinished: rank 1: MPI_Irecv from rank 0, tag 1, at tests/mpi_guard/leftover_requests.cpp:
// expect: unfinished: rank 1: MPI_Irecv from rank any, tag any, at tests/mpi_guard/leftover_requests.cpp:
// expect: unfinished: rank 0: MPI_Ibarrier at tests/mpi_guard/leftover_requests.cpp:
// never: MPI_Irecv from rank 0, tag 2
#include "tests/mpi_guard/planted.h"

#include <cstdlib>

void planted(int rank, int) {
  setenv("GUARD_LEFTOVERS", "1", 1);
  static int values[2];
  MPI_Request requests[2];
  for (int i = 0; i < 2; i++)
    if (rank == 0) MPI_Isend(&values[i], 1, MPI_INT, 1, 1 + i, MPI_COMM_WORLD, &requests[i]);
    else MPI_Irecv(&values[i], 1, MPI_INT, 0, 1 + i, MPI_COMM_WORLD, &requests[i]);
  MPI_Wait(&requests[1], MPI_STATUS_IGNORE);
  MPI_Request barrier, any;
  MPI_Ibarrier(MPI_COMM_WORLD, &barrier);
  if (rank == 1) MPI_Irecv(&values[0], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_SELF, &any);
}
