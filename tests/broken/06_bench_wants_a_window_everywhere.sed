# chapters/06_data_parallel/bench.cpp 06_data_parallel_programs_test Bench.OnSeveralHosts*
s/return share_memory(mpi) || !find_allreduce/return share_memory(mpi) || find_allreduce/
