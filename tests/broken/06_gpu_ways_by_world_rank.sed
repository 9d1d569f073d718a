# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_settings_test Programs.TakeTheir*
s/make_device("cuda", mpi\.node_rank())/make_device("cuda", mpi.rank())/
