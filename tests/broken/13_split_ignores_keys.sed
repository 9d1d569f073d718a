# chapters/13_scaling/simulated_collectives.cpp 13_scaling_test Messages.AreMatched*
s/by_key.emplace(all\[size_t(r)\].second, /by_key.emplace(0, /
