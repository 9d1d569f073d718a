# chapters/06_data_parallel/nccl.cpp 06_data_parallel_nccl_test FalseNccl.IsMissing*
s/everywhere, 1, MPI_INT, MPI_MIN/everywhere, 1, MPI_INT, MPI_MAX/
