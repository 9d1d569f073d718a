# chapters/07_sharded_optimizer/bench.cpp 07_sharded_optimizer_measuring_test Bench.NeedsACore*
s/verdict(lost, mpi.node_size())/verdict(lost, mpi.size())/
