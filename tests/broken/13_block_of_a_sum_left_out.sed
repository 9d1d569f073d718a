# chapters/13_scaling/simulated_collectives.cpp 13_scaling_test Collectives.ALongSum*
s/for (int r = 1; r < ranks \&\& !is_ghost(in); ++r)/for (int r = 2; r < ranks \&\& !is_ghost(in); ++r)/
