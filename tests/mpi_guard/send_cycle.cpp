// Every rank sends before it receives, and the message is too large to be buffered.
// ranks: 3
// expect: rank 2: MPI_Send to rank 0, tag 0, MPI_COMM_WORLD, 1000000 x MPI_FLOAT
// expect: deadlock: rank 0 waits for rank 1, rank 1 waits for rank 2, rank 2 waits for rank 0
// expect: Each of them sends before it receives: let one receive first, or use MPI_Sendrecv
#include <vector>

#include "tests/mpi_guard/planted.h"

void planted(int rank, int size) {
  std::vector<float> mine(1'000'000), theirs(1'000'000);
  MPI_Send(mine.data(), 1'000'000, MPI_FLOAT, (rank + 1) % size, 0, MPI_COMM_WORLD);
  MPI_Recv(theirs.data(), 1'000'000, MPI_FLOAT, (rank + size - 1) % size, 0, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
}
