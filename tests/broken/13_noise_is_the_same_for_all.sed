# chapters/13_scaling/simulation.cpp 13_scaling_noise_test Noise.*
s/uint32_t(world().rank()), 13/0, 13/
