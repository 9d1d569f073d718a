# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.OfMpiItself
s/known ? w.network.topology().node_of(w.rank()) : /known ? 0 * w.rank() : /
