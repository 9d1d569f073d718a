# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test FalseNccl.StandsBeside*
s/^  if (mpi.rank() != 0) return 0;$//
