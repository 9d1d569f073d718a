# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.StandInLine*
s/line_.insert({now, from,/line_.insert({now, -from,/
