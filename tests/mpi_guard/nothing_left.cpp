// All that can be waited for was waited for, in every way: nothing is left (GUARD_LEFTOVERS), nothing is forbidden.
// ranks: 3
// expect: the end
// never: unfinished
// never: unreceived
// never: forbidden
// status: 0
#include "tests/mpi_guard/planted.h"

#include <cstdio>
#include <cstdlib>

void planted(int rank, int size) {
  setenv("GUARD_LEFTOVERS", "1", 1);
  setenv("GUARD_FORBIDS", "MPI_Allreduce", 1);
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  int values[8] = {}, done = 0, index = 0;
  for (int way = 0; way < 8; way++) {
    MPI_Request requests[2];
    MPI_Irecv(&values[0], 1, MPI_INT, left, way, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(&values[1], 1, MPI_INT, right, way, MPI_COMM_WORLD, &requests[1]);
    for (done = 0; !done && way == 0;) MPI_Testall(2, requests, &done, MPI_STATUSES_IGNORE);
    for (int i = 0; i < 2; i++)
      for (done = 0; !done && way == 1;) MPI_Test(&requests[i], &done, MPI_STATUS_IGNORE);
    for (int i = 0; i < 2 && way == 2; i++) MPI_Waitany(2, requests, &index, MPI_STATUS_IGNORE);
    for (int left_over = 2; way == 3 && left_over > 0; left_over -= done) MPI_Waitsome(2, requests, &done, values + 4, MPI_STATUSES_IGNORE);
    for (int left_over = 2; way == 4 && left_over > 0; left_over -= done) MPI_Testany(2, requests, &index, &done, MPI_STATUS_IGNORE);
    for (int left_over = 2; way == 5 && left_over > 0; left_over -= done) MPI_Testsome(2, requests, &done, values + 4, MPI_STATUSES_IGNORE);
    for (int i = 0; i < 2 && way == 6; i++) MPI_Wait(&requests[i], MPI_STATUS_IGNORE);
    if (way == 7) MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  }
  MPI_Sendrecv(&values[0], 1, MPI_INT, right, 9, &values[1], 1, MPI_INT, left, 9, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Send(&values[0], 1, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD);
  static char room[sizeof(int) + MPI_BSEND_OVERHEAD];  // sends that the guard does not see, and a receive that receives nothing
  int bytes = sizeof room;
  void* back = nullptr;
  MPI_Request none;
  MPI_Buffer_attach(room, bytes);
  MPI_Bsend(&values[0], 1, MPI_INT, right, 10, MPI_COMM_WORLD);
  MPI_Recv(&values[1], 1, MPI_INT, left, 10, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Buffer_detach(&back, &bytes);
  MPI_Irecv(&values[1], 1, MPI_INT, left, 11, MPI_COMM_WORLD, &none);
  MPI_Cancel(&none);
  MPI_Wait(&none, MPI_STATUS_IGNORE);
  MPI_Bcast(values, 1, MPI_INT, 0, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) std::printf("the end\n");
}
