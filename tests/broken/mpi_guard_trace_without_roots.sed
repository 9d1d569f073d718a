# common/mpi_guard/trace_write.cpp mpi_guard_record_test Trace.*
s/  if (kind == Kind::collective \&\& call.peer != MPI_PROC_NULL) add("root", call.peer);//
