# common/mpi_guard/watchdog.cpp common_mpi_guard_test HelperThread.*
s/^  _exit(guard_exit_status);/  PMPI_Abort(MPI_COMM_WORLD, guard_exit_status), _exit(guard_exit_status);/
