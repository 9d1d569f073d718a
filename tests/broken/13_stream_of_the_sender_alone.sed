# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/topology_.ports() + route.port\[size_t(route.ports) - 1\]/topology_.ports()/
