#include "chapters/04_point_to_point/patience.h"

#include <unistd.h>

#include "common/mpi/session.h"

MPI_Status wait_asleep(int source, int tag, MPI_Comm comm) {
  for (;;) {
    int there = 0;
    MPI_Status status;
    MPI_CHECK(MPI_Iprobe(source, tag, comm, &there, &status));
    if (there) return status;
    usleep(1000);
  }
}
