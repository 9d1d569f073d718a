# chapters/13_scaling/network.cpp 13_scaling_test Network.MessagesStandInLineAtTheReceiver
s/std::max(first_byte + link.latency, target.in)/first_byte + link.latency/
