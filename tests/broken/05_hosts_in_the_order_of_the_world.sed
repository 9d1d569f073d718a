# chapters/05_collectives/two_level_halves.cpp 05_collectives_nodes_test SeveralHosts.*
s/names\.data(), 1, MPI_INT, comm)/names.data(), 1, MPI_INT, MPI_COMM_WORLD)/
