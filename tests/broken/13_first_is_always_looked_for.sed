# chapters/13_scaling/network.cpp 13_scaling_engine_test Work.GrowsWithTheMessages
s/^    port.first = stream;/    port.first = -1;/
