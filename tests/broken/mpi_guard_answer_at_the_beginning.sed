# common/mpi_guard/trace_clock.cpp mpi_guard_record_test Trace.Believes*
s/best = {asked + quickest \/ 2, time - (asked + quickest \/ 2)};/best = {asked + quickest \/ 2, time - asked};/
