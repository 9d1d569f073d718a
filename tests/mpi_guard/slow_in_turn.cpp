// Nothing is wrong: ranks 2 and 3 wait for 0 and 1, which are in a sum whose addition takes longer than the watchdog's patience; then the
// other way round. What 2 and 3 said when they waited is no longer true when 0 and 1 do: both together would be a deadlock. Run on two nodes.
#include <unistd.h>

#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  MPI_Comm pair;
  MPI_Comm_split(MPI_COMM_WORLD, rank / 2, rank, &pair);
  MPI_Op slow;
  MPI_Op_create([](void*, void*, int*, MPI_Datatype*) { usleep(1'200'000); }, 1, &slow);
  int mine = rank, sum = 0;
  for (int adds : {0, 1})
    if (rank / 2 == adds) {
      MPI_Allreduce(&mine, &sum, 1, MPI_INT, slow, pair);
      MPI_Send(&sum, 1, MPI_INT, (rank + 2) % 4, 0, MPI_COMM_WORLD);
    } else {
      MPI_Recv(&sum, 1, MPI_INT, (rank + 2) % 4, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
  MPI_Op_free(&slow);
  MPI_Comm_free(&pair);
}
