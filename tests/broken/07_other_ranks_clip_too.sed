# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.Halves*
s/sum_over_ranks(sum, comm_)/sum_over_ranks(sum, MPI_COMM_WORLD)/
