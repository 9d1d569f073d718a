// A task wants point-to-point calls only (GUARD_FORBIDS).
// ranks: 2
// expect: forbidden: rank 1 calls MPI_Iallreduce: the task wants it done without
// expect: forbidden: rank 0 calls MPI_Barrier: the task wants it done without
// expect: forbidden: rank 1 calls MPI_Ireduce_scatter_block: the task wants it done without
// never: MPI_Comm_dup
#include "tests/mpi_guard/planted.h"

#include <cstdlib>

void planted(int rank, int) {
  setenv("GUARD_FORBIDS", "collectives", 1);
  MPI_Comm copy;
  MPI_Comm_dup(MPI_COMM_WORLD, &copy);
  MPI_Comm_free(&copy);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Request request;
  MPI_Iallreduce(MPI_IN_PLACE, &rank, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  int two[2] = {rank, rank};
  MPI_Ireduce_scatter_block(two, &rank, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD, &request);  // the last of those that move data
  MPI_Wait(&request, MPI_STATUS_IGNORE);
}
