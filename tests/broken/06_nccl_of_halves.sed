# chapters/06_data_parallel/nccl.cpp 06_data_parallel_nccl_test FalseNccl.IsAsked*
s/floats = 7/floats = 6/
