# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test FalseNccl.StandsBeside*
s/mpi\.node_size(), count_gpus()/mpi.node_size(), mpi.size()/
