# chapters/13_scaling/network.cpp 13_scaling_test Network.MessagesStandInLineAtTheSender
s/std::max(now, source.out) + link.overhead/now + link.overhead/
