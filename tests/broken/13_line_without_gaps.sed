# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.StandInLine*
s/it = goes ? line_.erase(it) : std::next(it);/if (!goes) break; it = line_.erase(it);/
