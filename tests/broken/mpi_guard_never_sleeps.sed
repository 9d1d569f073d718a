# common/mpi_guard/wait.cpp mpi_guard_waiting_test Waiting.*
s/slow_yield_ns = 300'000;/slow_yield_ns = 300'000'000;/
