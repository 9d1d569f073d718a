# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.ALongSum*
s|sum.bytes / each, type, op);|sum.bytes / each / 2, type, op);|
