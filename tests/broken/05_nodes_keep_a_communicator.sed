# chapters/05_collectives/two_level_halves.cpp 05_collectives_nodes_test TwoLevelHalves.FindTheHosts*
s|^  MPI_CHECK(MPI_Comm_free(&node));||
