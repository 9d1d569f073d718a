# chapters/13_scaling/simulated_collectives.cpp 13_scaling_test Messages.AreMatched*
s/^    std::ranges::sort(ranks);$//
