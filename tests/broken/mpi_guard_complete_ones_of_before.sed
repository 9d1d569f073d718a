# common/mpi_guard/completion.cpp mpi_guard_waiting_test Waiting.*
s/^  complete_in_waitall = 0;/  ;/
