# chapters/13_scaling/simulation.cpp 13_scaling_noise_test Noise.IsNormal*
s/std::exp(c.noise \* normal(world().now()))/std::exp(c.noise * normal(-1))/
