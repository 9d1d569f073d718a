// Nothing is wrong: persistent requests, which the guard does not follow, are begun again and again, waited for and freed (GUARD_LEFTOVERS).
// ranks: 3
// status: 0
// once: the end
#include <cstdio>
#include <cstdlib>

#include "tests/mpi_guard/planted.h"

void planted(int rank, int size) {
  setenv("GUARD_LEFTOVERS", "1", 1);
  int mine = rank, theirs = 0;
  MPI_Request requests[2];
  MPI_Recv_init(&theirs, 1, MPI_INT, (rank + size - 1) % size, 0, MPI_COMM_WORLD, &requests[0]);
  MPI_Send_init(&mine, 1, MPI_INT, (rank + 1) % size, 0, MPI_COMM_WORLD, &requests[1]);
  for (int round = 0; round < 3; round++) {
    MPI_Startall(2, requests);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  }
  for (MPI_Request& request : requests) MPI_Request_free(&request);
  if (rank == 0) std::printf("the end\n");
}
