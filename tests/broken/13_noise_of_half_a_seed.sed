# chapters/13_scaling/simulation.cpp 13_scaling_noise_test Noise.DependsOnEveryBit*
s/{uint32_t(seed), uint32_t(seed >> 32)}/{uint32_t(seed), uint32_t(seed)}/
