# chapters/13_scaling/simulated_mpi.cpp 13_scaling_engine_test ALongMessage.BeginsInTheCall*
/CallInWorld call("receive", "MPI_Irecv"/s/.*/  (void)world_rank_of(from, comm);/
