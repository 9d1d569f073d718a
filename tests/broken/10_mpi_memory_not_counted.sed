# chapters/10_hybrid/grid_footprint.cpp 10_hybrid_gpus_test BetweenGpus.*
s/ + (by_mpi ? (near - 1) \* sums : 0);/;/
