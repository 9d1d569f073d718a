# common/mpi_guard/watchdog.cpp common_mpi_guard_test *launcher_reads_late*
s/looks < 5000 /looks < 0 /
