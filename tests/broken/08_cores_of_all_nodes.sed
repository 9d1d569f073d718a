# chapters/08_layer_splitting/bench.cpp 08_layer_splitting_measuring_test Bench.NeedsACore*
s/verdict(s.lost, mpi.node_size())/verdict(s.lost, mpi.size())/
