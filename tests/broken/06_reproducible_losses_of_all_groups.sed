# chapters/06_data_parallel/reproducible_exchange.cpp 06_data_parallel_gpus_test *TwoGroupsAtOnce*
s/MPI_SUM, comm_/MPI_SUM, MPI_COMM_WORLD/
