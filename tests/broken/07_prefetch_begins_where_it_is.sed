# chapters/07_sharded_optimizer/prefetch.cpp 07_sharded_optimizer_measuring_test Prefetch.Begins*
s/^  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));/  ;/
