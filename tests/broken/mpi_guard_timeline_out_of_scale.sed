# common/mpi_guard/timeline common_mpi_guard_test Trace.TimelineDrawsEach*
s/^  scale = width \/ (upper - lower);/  scale = width \/ (end - first);/
