# chapters/10_hybrid/bench.cpp 10_hybrid_measuring_test Bench.Prints*
s/^    const Timer timer;$/    const Timer timer; MPI_CHECK(MPI_Barrier(grid.all()));/
