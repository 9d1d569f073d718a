# chapters/05_collectives/gpu_collectives.cpp 08_layer_splitting_gpus_test BetweenGpus.WhereOne*
s/!why.empty() && rank_of(MPI_COMM_WORLD) == 0/!why.empty()/
