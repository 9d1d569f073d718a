# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test FalseNccl.AWrongSum*
s/  if (wrong) throw .*//
