# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Messages.AskedFor*
s/return r == MPI_REQUEST_NULL || has_ended(r);/return r != MPI_REQUEST_NULL \&\& has_ended(r);/
