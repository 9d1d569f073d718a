# chapters/06_data_parallel/train.cpp 06_data_parallel_programs_test Train.*
s|initialize(weights.data(), layout, o.seed)|initialize(weights.data(), layout, o.seed + mpi.rank())|
