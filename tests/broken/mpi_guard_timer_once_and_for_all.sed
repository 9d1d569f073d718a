# common/mpi_guard/wait.cpp mpi_guard_waiting_test Waiting.*
s/if (armed_ && --armed_timers == 0) timer/if (armed_ || --armed_timers == 0) timer/
