# common/mpi_guard/trace_clock.cpp mpi_guard_record_test Trace.Believes*
s/if (heard - asked >= quickest) continue;/if (quickest < INT64_MAX \&\& heard - asked <= quickest) continue;/
