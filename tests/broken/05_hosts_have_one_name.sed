# chapters/05_collectives/two_level_halves.cpp 05_collectives_nodes_test SeveralHosts.*
s/MPI_Bcast(&name, 1, MPI_INT, 0, node)/MPI_Bcast(\&name, 1, MPI_INT, 0, comm)/
