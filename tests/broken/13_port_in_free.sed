# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.ShareTheirPortsByHand
s/for (const int port : s.route) rate = std::min(rate, /for (const int port : s.route) if (port != s.route.port[size_t(s.route.ports) - 1]) rate = std::min(rate, /
