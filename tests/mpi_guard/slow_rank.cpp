// Nothing is wrong: one rank computes for longer than the watchdog's patience while the others wait for it.
// ranks: 4
// status: 0
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  if (rank == 2) compute_for(1.5);
  MPI_Barrier(MPI_COMM_WORLD);
}
