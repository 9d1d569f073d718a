# common/mpi_guard/init.cpp common_mpi_guard_test Planted/Guard.*/waits_as_asked
s/environment("GUARD_WAIT")/environment("GUARD_WAITS")/
