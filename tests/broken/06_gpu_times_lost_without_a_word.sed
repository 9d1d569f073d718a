# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test GpuWays.*
s|if (!out.flush()) throw|if (!out) throw|
