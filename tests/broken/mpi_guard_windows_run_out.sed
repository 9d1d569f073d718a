# common/mpi_guard/windows.cpp mpi_guard_waiting_test Waiting.Politely*
s/^  if (owner.barrier != MPI_COMM_NULL) PMPI_Comm_free(\&owner.barrier);/  ;/
