# chapters/07_sharded_optimizer/memory.cpp 07_sharded_optimizer_measuring_test Memory.Says*
s/MPI_INT, MPI_MIN, MPI_COMM_WORLD/MPI_INT, MPI_MAX, MPI_COMM_WORLD/
