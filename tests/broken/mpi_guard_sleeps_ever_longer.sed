# common/mpi_guard/wait.cpp mpi_guard_waiting_test Waiting.*
s/sleeps_next = quick_yields < soon ? /sleeps_next = quick_yields <= soon ? /
