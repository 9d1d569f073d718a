# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test FalseNccl.StandsBeside*
s/nccl.allreduce(data, n, stream);/nccl.allreduce(data, n, stream ? nullptr : stream);/
