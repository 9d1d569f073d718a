# chapters/06_data_parallel/train.cpp 06_data_parallel_programs_test Train.*
s|permutation(o.seed, epoch|permutation(o.seed + mpi.rank(), epoch|
