# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.ALongSum*
s|in.size(), type, op);|in.size() / 2, type, op);|
