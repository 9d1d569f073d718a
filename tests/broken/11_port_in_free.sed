# chapters/11_scaling/network.cpp 11_scaling_test Network.MessagesStandInLineAtTheReceiver
s/std::max(first_byte + link.latency, target.in)/first_byte + link.latency/
