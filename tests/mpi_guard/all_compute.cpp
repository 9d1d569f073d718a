// Nothing is wrong: nobody calls MPI for longer than the watchdog's patience.
// ranks: 2
// status: 0
#include "tests/mpi_guard/planted.h"

void planted(int, int) {
  compute_for(1.5);
  MPI_Barrier(MPI_COMM_WORLD);
}
