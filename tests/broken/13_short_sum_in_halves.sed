# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.OfMpiItselfTake*
s/if (bytes <= 2048 || count < s.count)/if (count < s.count)/
