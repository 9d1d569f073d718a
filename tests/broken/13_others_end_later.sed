# chapters/13_scaling/network.cpp 13_scaling_engine_test Flows.EndAtTheSameMoments*
s/  if (!events_.empty() \&\& events_.begin()->moment == now) return true;.*//
