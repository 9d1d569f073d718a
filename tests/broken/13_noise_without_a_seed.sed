# chapters/13_scaling/simulation.cpp 13_scaling_noise_test Noise.IsNormal*
s/const uint64_t seed = uint64_t(world().cluster.seed), /const uint64_t seed = 1, /
