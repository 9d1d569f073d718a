# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test FalseNccl.StandsBeside*
s|^    take_slowest(of_way, MPI_COMM_WORLD);||
