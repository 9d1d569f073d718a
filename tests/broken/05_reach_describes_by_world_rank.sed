# chapters/05_collectives/reach.cpp 05_collectives_reach_test Reach.ARankIsTold*
s/gpu_of_rank(mpi\.node_rank()/gpu_of_rank(mpi.rank()/
