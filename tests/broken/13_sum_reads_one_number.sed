# chapters/13_scaling/simulated_collectives.cpp 13_scaling_test Collectives.OfMpiItselfTake*
s/tree_steps(c.size()) \* 3 \* bytes/tree_steps(c.size()) * 2 * bytes/
