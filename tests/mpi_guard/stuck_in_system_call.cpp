// A rank sleeps for ever in a system call, inside MPI: the program's own operation does not return. The helper threads end
// the job all the same, with one status on all ranks.
// ranks: 2
// expect: guard:   rank 1: MPI_Allreduce
// expect: the calls fit together
#include <unistd.h>

#include "tests/mpi_guard/planted.h"

static void sleep_for_ever(void*, void*, int*, MPI_Datatype*) {
  for (;;) pause();
}

void planted(int, int) {
  MPI_Op operation;
  MPI_Op_create(sleep_for_ever, 1, &operation);
  int mine = 1, sum = 0;
  MPI_Allreduce(&mine, &sum, 1, MPI_INT, operation, MPI_COMM_WORLD);
}
