# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test *BehindTheLast
/^double seconds_of/,/Barrier/s/^  vector.device.synchronize();//
