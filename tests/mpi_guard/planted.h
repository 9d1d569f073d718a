// The main of the small programs in this folder. Each one does something that the watchdog must explain, or must
// leave alone; tests/common_mpi_guard_test.cpp runs it and looks for the words in its `expect:` lines.
#pragma once

#include <mpi.h>

void planted(int rank, int size);

inline void compute_for(double seconds) {
  const double end = MPI_Wtime() + seconds;
  while (MPI_Wtime() < end) {
  }
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  planted(rank, size);
  MPI_Finalize();
}
