# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test FalseNccl.ATime*
s|return timer.seconds() / calls;|return timer.seconds() + 0 * calls;|
