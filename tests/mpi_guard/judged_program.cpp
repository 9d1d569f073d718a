// A program that is judged (guard_judges, which the judge links into it) cannot forget what it may not do.
// ranks: 2
// expect: forbidden: rank 0 calls MPI_Allreduce: the task wants it done without
#include "tests/mpi_guard/planted.h"

#include <cstdlib>

extern "C" {
extern const char guard_judges[];
const char guard_judges[] = "collectives";
}

void planted(int rank, int) {
  setenv("GUARD_FORBIDS", "", 1);
  unsetenv("GUARD_LEFTOVERS");
  int sum = 0;
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
}
