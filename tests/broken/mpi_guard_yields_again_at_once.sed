# common/mpi_guard/wait.cpp mpi_guard_waiting_test Waiting.ATimer*
s/(info->si_value.sival_ptr)->set(period_ns)/(info->si_value.sival_ptr)->set(1)/
