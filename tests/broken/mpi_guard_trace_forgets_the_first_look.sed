# common/mpi_guard/trace_write.cpp mpi_guard_record_test Trace.*
s/^  at_start = compare_clocks();/  compare_clocks();/
