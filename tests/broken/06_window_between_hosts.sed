# chapters/06_data_parallel/interleaved.h 06_data_parallel_programs_test Bench.OnSev*
s/return mpi.node_size() == mpi.size();/return mpi.size() > 0;/
