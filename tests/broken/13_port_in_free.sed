# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/for (int i = 1; i < s.route.ports; ++i) rate/for (int i = 1; i < s.route.ports - 1; ++i) rate/
