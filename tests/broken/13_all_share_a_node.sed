# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.OfMpiItself
s/MPI_COMM_TYPE_SHARED ? node : /MPI_COMM_TYPE_SHARED ? 0 * node : /
