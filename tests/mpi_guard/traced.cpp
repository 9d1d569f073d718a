// Nothing is wrong: a small pipeline whose trace is looked at by tests/common_mpi_guard_test.cpp.
// ranks: 3
// status: 0
#include "common/mpi_guard/trace.h"
#include "tests/mpi_guard/planted.h"

void planted(int rank, int size) {
  float activations[256] = {};
  for (int micro_batch = 0; micro_batch < 4; micro_batch++) {
    if (rank > 0)
      MPI_Recv(activations, 256, MPI_FLOAT, rank - 1, micro_batch, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    {
      TraceRegion region("forward", micro_batch);
      compute_for(0.001);
    }
    if (rank < size - 1) MPI_Ssend(activations, 256, MPI_FLOAT, rank + 1, micro_batch, MPI_COMM_WORLD);
  }
}
