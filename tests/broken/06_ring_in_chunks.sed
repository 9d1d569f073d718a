# chapters/06_data_parallel/data_parallel_options.cpp 06_data_parallel_gpus_test *Chunks*
s| \&\& !find_allreduce(allreduce).order_depends_on_position||
