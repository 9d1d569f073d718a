// Neighbours exchange margins, and the receives from the right ask for another tag than the sends use. The short sends are over at once.
// ranks: 3
// expect: rank 0: MPI_Waitall on 4 requests: MPI_Irecv from rank 1, tag 2
// expect: rank 1: MPI_Waitall on 4 requests: MPI_Irecv from rank 2, tag 2
// expect: mismatch: rank 0 waits for tag 2 from rank 1, whose last send to it was with tag 1 (tests/mpi_guard/waitall_wrong_tag.cpp:
// never: a very slow transfer
#include "tests/mpi_guard/planted.h"

void planted(int rank, int size) {
  const int left = rank > 0 ? rank - 1 : MPI_PROC_NULL, right = rank + 1 < size ? rank + 1 : MPI_PROC_NULL;
  int values[4] = {};
  MPI_Request requests[4];
  MPI_Irecv(&values[0], 1, MPI_INT, left, 1, MPI_COMM_WORLD, &requests[0]);
  MPI_Irecv(&values[1], 1, MPI_INT, right, 2, MPI_COMM_WORLD, &requests[1]);
  MPI_Isend(&values[2], 1, MPI_INT, left, 1, MPI_COMM_WORLD, &requests[2]);
  MPI_Isend(&values[3], 1, MPI_INT, right, 1, MPI_COMM_WORLD, &requests[3]);
  MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
}
