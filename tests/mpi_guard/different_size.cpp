// The ranks do not agree on how much is broadcast. MPI reports an error on the rank whose buffer is too short;
// the program ends itself, and the guard says why.
// ranks: 3
// status: 1
// one host: a rank that gives up asks the ranks of its own host only
// expect: mismatch: collective number 1 on MPI_COMM_WORLD has different sizes
// expect: MPI_Bcast of 4000 bytes
// expect: rank 2: MPI_Bcast of 40 bytes
#include "common/mpi/session.h"
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  int values[1000] = {};
  MPI_CHECK(MPI_Bcast(values, rank == 2 ? 10 : 1000, MPI_INT, 0, MPI_COMM_WORLD));
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
}
