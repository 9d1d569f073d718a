# chapters/13_scaling/simulated_mpi.cpp 13_scaling_engine_test ALongMessage.BeginsInTheCall*
/CallInWorld call("send", "MPI_Isend"/s/.*/  (void)world_rank_of(to, comm);/
