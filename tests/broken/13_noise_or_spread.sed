# chapters/13_scaling/simulation.cpp 13_scaling_noise_test Noise.AndSpread*
s/^  if (c.noise > 0) /  else if (c.noise > 0) /
