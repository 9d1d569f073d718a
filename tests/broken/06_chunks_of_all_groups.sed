# chapters/06_data_parallel/host_exchange.cpp 06_data_parallel_gpus_test *TwoGroupsAtOnce*
s/allreduce_\.function(chunk, chunk, n, comm_)/allreduce_.function(chunk, chunk, n, MPI_COMM_WORLD)/
