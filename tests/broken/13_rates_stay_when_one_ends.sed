# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/^    changed_.push_back(port);  \/\/ free//
