# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.ALongSum*
s/^  if (s.partner >= 0) p.send(s.partner, all);//
