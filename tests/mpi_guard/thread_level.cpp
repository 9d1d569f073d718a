// Nothing is wrong: a program asks for a thread level and gets it, no more than that.
// ranks: 2
// status: 0
// once: ranks 0 and 1 of 2, here 0 and 1 of 2
// one host: they need not share a node
#include <cstdio>
#include <string>

#include "common/mpi/session.h"

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv, MPI_THREAD_FUNNELED);
  int level = -1;
  MPI_CHECK(MPI_Query_thread(&level));
  if (level < MPI_THREAD_FUNNELED) std::printf("guard: the level is %d\n", level);
  int theirs[3] = {mpi.rank(), mpi.node_rank(), mpi.node_size()};
  if (mpi.rank() == 1) {
    MPI_CHECK(MPI_Send(theirs, 3, MPI_INT, 0, 0, MPI_COMM_WORLD));
    return 0;
  }
  MPI_CHECK(MPI_Recv(theirs, 3, MPI_INT, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
  std::printf("ranks %d and %d of %d, here %d and %d of %d\n", mpi.rank(), theirs[0], mpi.size(), mpi.node_rank(), theirs[1], theirs[2]);
}
