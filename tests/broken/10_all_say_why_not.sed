# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_hybrid_gpus_test BetweenGpus.WhereOneRankOfAnother*
s/    if (rank_of(MPI_COMM_WORLD) == 0) std::printf/    std::printf/
