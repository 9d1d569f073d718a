# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test *BehindTheLast
/^  for (int call = 0; call < calls/,/return/s/^  vector.device.synchronize();//
