# common/mpi_guard/wait.cpp mpi_guard_watch_test Waiting.*
s/if (armed_ && --armed_timers == 0) timer/if (armed_ || --armed_timers == 0) timer/
