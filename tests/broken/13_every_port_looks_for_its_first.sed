# chapters/13_scaling/network.cpp 13_scaling_engine_test Work.GrowsWithTheMessages
s/  if (stream == port.first || s.end < port.queued.moment) look_again/  if (port.flows > 0) look_again/
