// One rank leaves out a fence.
// ranks: 2
// expect: rank 0: MPI_Win_fence
// expect: not the same call on all ranks
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  int* memory = nullptr;
  MPI_Win window;
  MPI_Win_allocate_shared(sizeof(int), sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
  MPI_Win_fence(0, window);
  if (rank == 0) MPI_Win_fence(0, window);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_free(&window);
}
