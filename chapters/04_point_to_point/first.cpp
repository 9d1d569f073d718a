// The smallest MPI program: rank 0 sends two numbers to rank 1. Nothing here is ours.
// Run: make 04-first RANKS=2
#include <mpi.h>

#include <cstdio>

int main(int argc, char** argv) {
  int rank, size;
  float x[2] = {0, 0};
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (rank == 0) {
    x[0] = 3.5, x[1] = 7;
    MPI_Send(x, 2, MPI_FLOAT, 1, 5, MPI_COMM_WORLD);
  } else if (rank == 1) {
    MPI_Status status;
    MPI_Recv(x, 2, MPI_FLOAT, 0, 5, MPI_COMM_WORLD, &status);
    std::printf("rank 1 has a message from rank %d with tag %d\n", status.MPI_SOURCE, status.MPI_TAG);
  }
  std::printf("rank %d of %d: x = %g, %g\n", rank, size, x[0], x[1]);
  MPI_Finalize();
}
