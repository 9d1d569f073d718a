# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/std::min(part(s.route\[0\]), part(s.route\[1\]))/part(s.route[1])/
