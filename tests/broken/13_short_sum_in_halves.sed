# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.OfMpiItselfTake*
s/if (mine(all).bytes <= 2048 || count < survivors)/if (count < survivors)/
