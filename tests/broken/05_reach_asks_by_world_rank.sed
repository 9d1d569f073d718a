# chapters/05_collectives/reach.cpp 05_collectives_reach_test Reach.ARankTakes*
s/make_device("cuda", mpi\.node_rank())/make_device("cuda", mpi.rank())/
