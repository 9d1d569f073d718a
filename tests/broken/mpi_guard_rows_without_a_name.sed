# common/mpi_guard/trace_write.cpp mpi_guard_record_test Trace.HasTheTime*
s/GPUs, stream " + std::to_string(row)/GPUs, stream " + number/
