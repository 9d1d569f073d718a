# common/mpi_guard/wait.cpp common_mpi_guard_test Planted/Guard.ExplainsPoliteRanks/busy_machine
s/const itimerspec once{{0, 0}, {0, nanoseconds}};/const itimerspec once{{0, nanoseconds}, {0, nanoseconds}};/
