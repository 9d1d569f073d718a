# chapters/11_scaling/network.cpp 11_scaling_test Network.MessagesStandInLineAtTheSender
s/std::max(now, source.out) + link.overhead/now + link.overhead/
