// Nothing is wrong: what is matched and received from MPI_PROC_NULL is no message, and nobody has sent one (GUARD_LEFTOVERS).
// ranks: 2
// status: 0
// once: the end
#include <cstdio>
#include <cstdlib>

#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  setenv("GUARD_LEFTOVERS", "1", 1);
  int value = 0;
  MPI_Message message;
  for (int source : {1 - rank, MPI_PROC_NULL}) {
    MPI_Request sent;
    MPI_Isend(&rank, 1, MPI_INT, source, 3, MPI_COMM_WORLD, &sent);
    MPI_Mprobe(source, 3, MPI_COMM_WORLD, &message, MPI_STATUS_IGNORE);
    MPI_Mrecv(&value, 1, MPI_INT, &message, MPI_STATUS_IGNORE);
    MPI_Wait(&sent, MPI_STATUS_IGNORE);
  }
  if (rank == 0) std::printf("the end\n");
}
