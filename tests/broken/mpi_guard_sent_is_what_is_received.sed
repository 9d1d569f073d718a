# common/mpi_guard/collectives.cpp mpi_guard_record_test Record.HoldsTheArguments*
/^int MPI_Allgatherv/,/^}/s/MPI_DATATYPE_NULL : send_type));/MPI_DATATYPE_NULL : recv_type));/
