# chapters/06_data_parallel/mpi_exchange.cpp 06_data_parallel_gpus_test *MpiIsTaken*
s/1, MPI_INT, MPI_MIN/1, MPI_INT, MPI_MAX/
