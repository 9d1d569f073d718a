// An MPI error: file, line, rank, the call, and MPI's own words.
// ranks: 2
// status: 1
// once: tests/mpi_guard/failed_call.cpp:10: rank 1: MPI_Send(&token, 1, MPI_INT, 7, 0, MPI_COMM_WORLD)
// expect: nvalid rank
#include "common/mpi/session.h"

static int body(MpiSession& mpi, int, char**) {
  const int token = 1;
  if (mpi.rank() == 1) MPI_CHECK(MPI_Send(&token, 1, MPI_INT, 7, 0, MPI_COMM_WORLD));
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  return 0;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, body); }
