# chapters/13_scaling/simulated_collectives.cpp 13_scaling_corners_test Communicators.OfRanks*
s/"a part of " + p.c.name/p.c.name/
