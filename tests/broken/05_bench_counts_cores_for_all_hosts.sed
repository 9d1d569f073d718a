# chapters/05_collectives/bench.cpp 05_collectives_cost_test Bench.*
s/pinned ? 1 : mpi\.node_size()/pinned ? 1 : mpi.size()/
