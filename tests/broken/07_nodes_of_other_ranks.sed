# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.Halves*
s/nodes_of(comm)/nodes_of(MPI_COMM_WORLD)/
