// Each collective is called by everybody, but on two communicators in opposite order.
// ranks: 2
// expect: rank 0: MPI_Barrier, collective number 1 on rows
// expect: rank 1: MPI_Barrier, collective number 1 on columns
// expect: deadlock: rank 0 waits for rank 1, rank 1 waits for rank 0
#include "tests/mpi_guard/planted.h"

void planted(int rank, int) {
  MPI_Comm rows, columns;
  MPI_Comm_dup(MPI_COMM_WORLD, &rows);
  MPI_Comm_dup(MPI_COMM_WORLD, &columns);
  MPI_Comm_set_name(rows, "rows");
  MPI_Comm_set_name(columns, "columns");
  MPI_Barrier(rank == 0 ? rows : columns);
  MPI_Barrier(rank == 0 ? columns : rows);
}
