# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.OfMpiItselfTake*
s/if (!doubles \&\& bytes < 80 \* 1024)/if (!doubles \&\& bytes < 1)/
