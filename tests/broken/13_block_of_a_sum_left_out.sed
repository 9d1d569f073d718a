# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.ALongSum*
s|elements.size(), type, op);|elements.size() / 2, type, op);|
