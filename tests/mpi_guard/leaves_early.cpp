// Nothing is wrong: all ranks but rank 0 have long ended, as they may, when it has computed enough. Run on two nodes.
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  if (rank == 0) compute_for(3);
}
