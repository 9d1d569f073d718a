# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_nccl_test *BehindTheLast
s/^  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));//
