# chapters/06_data_parallel/train.cpp 06_data_parallel_settings_test Programs.TakeTheir*
s/make_device(o\.device, mpi\.node_rank())/make_device(o.device, mpi.rank())/
