# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/double rate = ports_.*.share;/double rate = std::numeric_limits<double>::infinity();/
