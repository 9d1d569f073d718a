// A task wants every communicator freed (GUARD_FORBIDS=unfreed): rank 1 keeps one of two.
// ranks: 2
// expect: forbidden: rank 1 has made 1 communicators that are never freed
// never: rank 0 has made
#include "tests/mpi_guard/planted.h"

#include <cstdlib>

void planted(int rank, int) {
  setenv("GUARD_FORBIDS", "unfreed", 1);
  MPI_Comm half, copy;
  MPI_Comm_split(MPI_COMM_WORLD, rank == 1 ? 0 : MPI_UNDEFINED, 0, &half);
  MPI_Comm_dup(MPI_COMM_WORLD, &copy);
  MPI_Comm_free(&copy);
}
