# chapters/07_sharded_optimizer/train.cpp 07_sharded_optimizer_measuring_test Train.*
s|    return on_rank_0(MPI_COMM_WORLD|    return 0 * on_rank_0(MPI_COMM_WORLD|
