# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.ALongSum*
s/^  if (in_pair) p.send(p.rank - 1, mine(all));//
