# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/^  change(s.route, -1);/  change(s.route, 0);/
