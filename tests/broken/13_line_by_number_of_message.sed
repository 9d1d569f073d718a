# chapters/13_scaling/network.cpp 13_scaling_engine_test RandomPrograms.*
s/line_.insert({now, from, of_sender, number/line_.insert({now, from, 0, number/
