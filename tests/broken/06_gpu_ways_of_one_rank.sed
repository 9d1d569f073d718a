# chapters/06_data_parallel/gpu_ways.cpp 06_data_parallel_programs_test Programs.OneRank*
s|if (mpi.size() < 2) throw|if (mpi.size() < 1) throw|
