# chapters/09_tensor_parallel/tensor_between_gpus.cpp 09_tensor_parallel_gpus_test BetweenGpus.WhereOneRank*
s/^  if (rank_of(MPI_COMM_WORLD) == 0) std::printf.*//
