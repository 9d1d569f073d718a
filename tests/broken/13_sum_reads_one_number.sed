# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.OfMpiItselfTake*
s/world().spend(3 \* double/world().spend(2 * double/
