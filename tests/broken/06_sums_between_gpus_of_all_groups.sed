# chapters/06_data_parallel/gpu_exchange.cpp 06_data_parallel_gpus_test *TwoGroupsAtOnce*
s/mlp\.layout()\.count, comm)/mlp.layout().count, MPI_COMM_WORLD)/
