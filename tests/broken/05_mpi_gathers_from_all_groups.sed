# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *TwoGroupsAtOnce
s/data + blocks\.begin(rank_), count, comm_, messages_/data + blocks.begin(rank_), count, MPI_COMM_WORLD, messages_/
