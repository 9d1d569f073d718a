# common/mpi_guard/errors.cpp mpi_guard_waiting_test Waiting.ErrorsKeep*
s/constexpr int remembered = 64;/constexpr int remembered = 2;/
