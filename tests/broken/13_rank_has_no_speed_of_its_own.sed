# chapters/13_scaling/simulation.cpp 13_scaling_noise_test Noise.OfARankStays
s/std::exp(c.rank_spread \* normal(-1))/std::exp(c.rank_spread * normal(world().now()))/
