# chapters/13_scaling/simulation.cpp 13_scaling_noise_test Noise.DependsOnEveryBit*
s/philox({uint32_t(bits), uint32_t(bits >> 32),/philox({uint32_t(bits), uint32_t(bits),/
