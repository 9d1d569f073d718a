# chapters/05_collectives/two_level.cpp 05_collectives_nodes_test TwoLevel.GivesIts*
s|^  MPI_Comm_free(&levels->across);||
