// Two collectives in another order, too large to be buffered.
// ranks: 2
// expect: mismatch: collective number 2 on MPI_COMM_WORLD is not the same call on all ranks
// expect: rank 0: MPI_Bcast
// expect: rank 1: MPI_Reduce
#include <vector>

#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  const int count = 1'000'000;
  std::vector<float> values(count), sums(count);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) MPI_Bcast(values.data(), count, MPI_FLOAT, 0, MPI_COMM_WORLD);
  MPI_Reduce(values.data(), sums.data(), count, MPI_FLOAT, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank == 1) MPI_Bcast(values.data(), count, MPI_FLOAT, 0, MPI_COMM_WORLD);
}
