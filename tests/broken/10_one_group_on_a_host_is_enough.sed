# chapters/10_hybrid/grid.cpp 10_hybrid_test Grid.Says*
s/MPI_LAND/MPI_LOR/
