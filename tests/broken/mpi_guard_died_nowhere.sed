# common/mpi_guard/witness.cpp common_mpi_guard_test HelperThread.EndsTheJobThat*
s/^  gethostname(host, sizeof host - 1);/  ;/
