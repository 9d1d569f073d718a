# chapters/13_scaling/network.cpp 13_scaling_sharing_test Sharing.GoesByTheRule*
s/for (const int port : s.route) rate = std::min(rate, /for (const int port : {s.route.port[0], s.route.port[size_t(s.route.ports) - 1]}) rate = std::min(rate, /
