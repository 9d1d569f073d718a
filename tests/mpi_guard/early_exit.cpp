// One rank leaves the program without MPI_Finalize.
// ranks: 2
// expect: guard: rank 1 leaves the program without MPI_Finalize
#include <cstdlib>

#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  if (rank == 1) std::exit(0);
  MPI_Barrier(MPI_COMM_WORLD);
}
